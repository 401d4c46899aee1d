/** A worker thread of line-readers.ts. */
import { parentPort } from 'node:worker_threads';
import { ClicklakeError } from '../../errors.ts';
import type { ReaderAnswer, ReaderCall } from './line-readers.ts';
import { type LineReading, openLineReading } from './read-lines.ts';

let reading: LineReading | undefined;

async function answer(call: ReaderCall): Promise<ReaderAnswer> {
  try {
    if (call.kind === 'read') {
      reading ??= openLineReading(call.target, call.rules);
      for (const range of call.ranges) {
        await reading.read(range);
      }
      return { kind: 'done' };
    }
    const lines = reading?.finish();
    reading = undefined;
    return { kind: 'finished', lines };
  } catch (error) {
    reading?.abandon();
    reading = undefined;
    if (!(error instanceof ClicklakeError)) {
      return { kind: 'failed', error };
    }
    // Between threads, errors lose their own class.
    const { code, message, hint, cause } = error;
    return { kind: 'refused', code, message, hint, cause };
  }
}

parentPort?.on('message', (call: ReaderCall) => {
  void answer(call).then((message) => parentPort?.postMessage(message));
});
