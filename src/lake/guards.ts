/** Checks before and during commands on a lake. */
import { ClicklakeError } from '../errors.ts';
import { BRONZE_ROOT } from '../pipeline/bronze-paths.ts';
import type { LakeContext } from '../pipeline/context.ts';
import { lockLake } from '../storage/lake-lock.ts';
import type { Storage } from '../storage/storage.ts';

/**
 * Runs work that changes the lake. A local lake is locked meanwhile, because Spark needs it
 * exclusively.
 */
export async function whileWriting<Result>(
  { engine, now, storage }: LakeContext,
  command: string,
  work: () => Promise<Result>,
): Promise<Result> {
  refuseWrongClock(now());
  if (storage.isRemote) {
    return await work();
  }
  const mode = engine.sharesLocalLakes ? 'shared' : 'exclusive';
  const lock = await lockLake(storage.url, { mode, engine: engine.name, command });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Throws `not_found` if there is no lake. Only ingest can create one. */
export async function requireLake(storage: Storage): Promise<void> {
  if (await holdsFiles(storage)) {
    return;
  }
  throw new ClicklakeError('not_found', `there is no lake at ${storage.url}`, {
    hint: 'ingest some events first: clicklake ingest <file or folder>; or choose another lake with --lake',
  });
}

/** Whether the storage contains a lake: a ledger, or any file in Bronze. */
export async function holdsFiles(storage: Storage): Promise<boolean> {
  // Listing the ledger's log is fast; listing all of Bronze may not be.
  for (const place of [`${BRONZE_ROOT}_ledger/_delta_log/`, BRONZE_ROOT]) {
    for await (const _file of storage.list(place)) {
      return true;
    }
  }
  return false;
}

/**
 * Throws if the clock is clearly wrong: times of reception order the files and limit event times,
 * and years have four digits.
 */
function refuseWrongClock(nowMs: number): void {
  if (nowMs >= Date.UTC(2000, 0, 1) && nowMs < Date.UTC(9999, 0, 1)) {
    return;
  }
  const date = new Date(nowMs);
  const shown = Number.isNaN(date.getTime())
    ? 'not a valid date'
    : `in the year ${date.getUTCFullYear()}`;
  throw new ClicklakeError('config_invalid', `the clock of this machine is ${shown}`, {
    hint: 'set the clock, and run the same command again; nothing was changed',
  });
}
