/** The real effects: streams, clock and machine. */
import process from 'node:process';
import { thisMachine } from '../config/machine.ts';
import type { CliEffects } from './cli.ts';
import type { Io, OutputStream } from './io.ts';

/** The effects for `runCli` from this process. Settings and lake are loaded on first use. */
export function createSystemEffects(signal: AbortSignal): CliEffects {
  const io = createSystemIo(signal);
  return {
    io,
    signal,
    async loadSettings(options) {
      const { loadSettings } = await import('../config/load-settings.ts');
      return loadSettings({ cwd: io.cwd, env: io.env, machine: thisMachine(), ...options });
    },
    async openLake(settings, hooks) {
      const { openLake } = await import('../lake/open-lake.ts');
      return openLake(settings, hooks);
    },
  };
}

function createSystemIo(signal: AbortSignal): Io {
  return {
    stdin: {
      [Symbol.asyncIterator]() {
        // Otherwise waiting for standard input would not end.
        signal.addEventListener('abort', () => process.stdin.destroy(new Error('interrupted')));
        return process.stdin[Symbol.asyncIterator]();
      },
    },
    stdout: toOutputStream(process.stdout),
    stderr: toOutputStream(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    nowMs: () => performance.now(),
  };
}

function toOutputStream(stream: NodeJS.WriteStream): OutputStream {
  // Write errors are passed to the callback. Without this listener they would end the process.
  stream.on('error', () => {});
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
    isTty: stream.isTTY === true,
    // A terminal of unknown width reports 0.
    columns: () => (stream.isTTY === true ? stream.columns || undefined : undefined),
  };
}
