/** What must hold before a command works on a lake, and while it does. */
import { ClicklakeError } from '../errors.ts';
import { BRONZE_ROOT } from '../pipeline/bronze-paths.ts';
import type { LakeContext } from '../pipeline/context.ts';
import { lockLake } from '../storage/lake-lock.ts';
import type { Storage } from '../storage/storage.ts';

/** Does what changes the lake, with the lock of a local one: Spark needs it for itself meanwhile. */
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

/** Throws `not_found`: everything but ingest is about a lake that is there. */
export async function requireLake(storage: Storage): Promise<void> {
  if (await holdsFiles(storage)) {
    return;
  }
  throw new ClicklakeError('not_found', `there is no lake at ${storage.url}`, {
    hint: 'take some events in first: clicklake ingest <file or folder>; or name another lake with --lake',
  });
}

export async function holdsFiles(storage: Storage): Promise<boolean> {
  // The ledger's log is short to list, all of Bronze is not.
  for (const place of [`${BRONZE_ROOT}_ledger/_delta_log/`, BRONZE_ROOT]) {
    for await (const _file of storage.list(place)) {
      return true;
    }
  }
  return false;
}

/** Times of reception order files and bound the times of events, and dates have four digits. */
function refuseWrongClock(nowMs: number): void {
  if (nowMs >= Date.UTC(2000, 0, 1) && nowMs < Date.UTC(9999, 0, 1)) {
    return;
  }
  const date = new Date(nowMs);
  const shown = Number.isNaN(date.getTime())
    ? 'no date at all'
    : `in the year ${date.getUTCFullYear()}`;
  throw new ClicklakeError('config_invalid', `the clock of this machine is ${shown}`, {
    hint: 'set the clock, and run the same command again; nothing was changed',
  });
}
