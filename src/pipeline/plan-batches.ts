/** Which files one Silver commit covers. */
import type { ReceivedFile } from './ledger.ts';

/**
 * The next batch of the pending files (in order of reception): at least one file, then as many as fit
 * into `maxTextBytes` of decompressed text. When an earlier run was killed between its two Silver
 * commits, `finishUpTo` is the last file the first of them covered, and the batch ends exactly there.
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
