/** Which files one Silver commit covers. */
import type { ReceivedFile } from './ledger.ts';

/**
 * The next batch of the pending files, in order of reception: at least one file, and as many as fit
 * into `maxTextBytes` of decompressed text. `finishUpTo`: the last file of a batch that was killed
 * between its commits; the batch then ends exactly there.
 */
export function planBatch(
  pending: readonly ReceivedFile[],
  maxTextBytes: number,
  finishUpTo?: number,
): ReceivedFile[] {
  if (finishUpTo !== undefined) {
    return pending.filter((file) => file.fileNumber <= finishUpTo);
  }
  const batch: ReceivedFile[] = [];
  let textBytes = 0;
  for (const file of pending) {
    if (batch.length > 0 && textBytes + file.textBytes > maxTextBytes) {
      break;
    }
    batch.push(file);
    textBytes += file.textBytes;
  }
  return batch;
}

/** How many batches the pending files will make. */
export function countBatches(pending: readonly ReceivedFile[], maxTextBytes: number): number {
  let count = 0;
  for (let rest = pending; rest.length > 0; count += 1) {
    rest = rest.slice(planBatch(rest, maxTextBytes).length);
  }
  return count;
}
