/** Pass 1: every line of a file is judged; valid events wait for the other deliveries of their id. */
import { type ContractEvent, classifyLine } from './event-line.ts';
import { addEvent } from './event-record.ts';
import { utcDate } from './instant.ts';
import { forEachLine } from './lines.ts';
import { increment, quarantine, type RecountState } from './recount-state.ts';
import {
  hashInteger,
  hashKey,
  hashText,
  newRowHash,
  type RowHash,
  resetRowHash,
} from './row-hash.ts';

const PROGRESS_LINES = 50_000;

/** Files must come in the order in which they were received. */
export async function recountFile(state: RecountState, fileIndex: number): Promise<void> {
  const { input, result } = state;
  const file = state.files[fileIndex]!;
  const typeIndexes = new Map(state.types.map((type, index) => [type, index]));
  const context = { receivedAtMicros: file.receivedAtMicros, isFirstLineOfFile: true };
  const counts = { lines: 0, blankLines: 0 };
  result.fileLines.push(counts);
  await forEachLine(input.openFile(file), (line) => {
    const verdict = classifyLine(line, context, input.rules);
    const { isFirstLineOfFile } = context;
    context.isFirstLineOfFile = false;
    if (verdict.kind === 'blank') {
      counts.blankLines += 1;
      result.blankLines += 1;
      return;
    }
    counts.lines += 1;
    result.lines += 1;
    if (result.lines % PROGRESS_LINES === 0) input.onProgress?.(result.lines / 2);
    for (const name of verdict.unknownFields) increment(result.unknownFields, name);
    if (verdict.kind === 'quarantined') {
      quarantine(state, fileIndex, verdict.reason, line);
      return;
    }
    const { event, unreadable } = verdict;
    hashEvent(eventHash, event);
    const delivered = {
      event,
      unreadable,
      typeIndex: typeIndexes.get(event.event_type)!,
      hash: eventHash,
      fileIndex,
      isFirstLineOfFile,
      line,
    };
    const partition = hashKey(event.event_id) % state.eventStore.partitionCount;
    addEvent(state.eventStore, partition, delivered, state.texts);
  });
}

const eventHash = newRowHash();

/** Every column of `silver_events` up to event_date, in order. */
function hashEvent(hash: RowHash, event: ContractEvent): void {
  resetRowHash(hash);
  hashText(hash, event.event_id);
  hashText(hash, event.user_id);
  hashText(hash, event.session_id);
  hashText(hash, event.event_type);
  hashText(hash, event.product_id);
  hashText(hash, event.device);
  hashText(hash, event.country);
  hashInteger(hash, event.event_timestamp);
  hashText(hash, event.page_url);
  hashText(hash, event.referrer);
  hashText(hash, event.order_id);
  hashText(hash, event.currency);
  hashInteger(hash, event.quantity);
  hashInteger(hash, event.price);
  hashText(hash, utcDate(event.event_timestamp));
}
