/** Which files one Silver commit covers. */
import { DEFAULTS } from '../config/defaults.ts';
import type { LakeContext } from './context.ts';
import type { ReceivedFile } from './ledger.ts';

const MEGABYTE = 1_000_000;
/** A batch needs about this many times its text in memory. */
const MEMORY_PER_TEXT = 4;

/** The configured batch size, or less where the memory limit of DuckDB requires it. */
export function batchTextBytes({
  settings,
  engine,
}: {
  settings: Pick<LakeContext['settings'], 'silver' | 'duckdb'>;
  engine: Pick<LakeContext['engine'], 'name'>;
}): number {
  const configured = (settings.silver.maxBatchMb ?? DEFAULTS.maxBatchMb[engine.name]) * MEGABYTE;
  const byMemory = (settings.duckdb.memoryLimitMb * MEGABYTE) / MEMORY_PER_TEXT;
  return engine.name === 'spark' ? configured : Math.min(configured, byMemory);
}

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
