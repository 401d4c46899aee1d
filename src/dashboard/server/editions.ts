/**
 * What the server keeps of the lake, one version after the other. The overview is read first. When the lake
 * changes, the version before goes on answering until the new one has been read.
 */
import type { Lake } from '../../lake/open-lake.ts';
import type { LakeReader, ShownRules } from '../../pipeline/reader.ts';
import type { Options } from '../view.ts';
import { FIRST } from './first-results.ts';
import { ALL, type Kept } from './kept-results.ts';
import { queryOptions } from './options.ts';

/** Never changes: other versions are other editions. */
export interface Edition {
  reader: LakeReader;
  kept: Kept;
  rules: ShownRules;
  /** What can be chosen in this version, which is `options.version`. */
  options: Omit<Options, 'realtime'>;
}

export interface Editions {
  /**
   * Comes back when there is an edition, one with everything if `isAllNeeded`. Throws if the lake cannot
   * be read. Looks in the background whether it has changed.
   */
  ready(isAllNeeded: boolean): Promise<void>;
  /** Runs `work`, one at a time, on the newest edition that has been read. To be called after `ready`. */
  use<Result>(work: (edition: Edition) => Promise<Result> | Result): Promise<Result>;
  /**
   * Comes back when the newest edition has everything, of a version that was the newest within
   * `MAX_AGE_MS`. Throws if the lake cannot be read.
   */
  follow(): Promise<void>;
  /** The version of the newest edition. */
  version(): string | undefined;
  /** Comes back when nothing is read any more. */
  close(): Promise<void>;
}

/** How long a version counts as the newest without another look. */
const MAX_AGE_MS = 2000;

type OpenReader = Awaited<ReturnType<Lake['reader']>>;

interface Held extends Edition {
  users: number;
  isOld: boolean;
  close(): Promise<void>;
}

/**
 * Reads nothing yet. Throws `not_found` where there is no lake. `onFirst`: called when the first edition
 * is there, before the rest is read.
 */
export async function openEditions(
  lake: Pick<Lake, 'reader'>,
  options: { address: string; isRemote: boolean; now: () => number; onFirst: () => Promise<void> },
): Promise<Editions> {
  const { address, isRemote, now, onFirst } = options;
  let unused: OpenReader | undefined = await lake.reader();
  let watcher: OpenReader | undefined;
  let held: Held | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  const read = async (kept: Kept): Promise<void> => {
    checkedAt = now();
    const reader = unused ?? (await lake.reader());
    unused = undefined;
    const before = held;
    held = await readEdition(reader, kept, address);
    if (before !== undefined) {
      before.isOld = true;
      await closeUnused(before);
    }
  };
  // Of a remote lake every file would be fetched twice.
  const readFirst = shared(() => read(isRemote ? ALL : FIRST));
  const readAll = shared(async () => {
    await onFirst();
    await read(ALL);
  });
  const look = shared(async () => {
    checkedAt = now();
    watcher ??= await lake.reader();
    const version = await watcher.keep(() => ({}));
    if (version !== held?.options.version) {
      await read(ALL);
    }
  });
  const refuseClosed = (): void => {
    if (isClosed) {
      throw new Error('the lake has been closed');
    }
  };
  const follow = async (): Promise<void> => {
    refuseClosed();
    if (held === undefined) {
      await readFirst();
    }
    refuseClosed();
    if (held?.kept !== ALL) {
      await readAll();
    } else if (look.isRunning() || now() - checkedAt >= MAX_AGE_MS) {
      await look();
    }
  };
  return {
    async ready(isAllNeeded) {
      refuseClosed();
      const following = follow();
      // A failure matters only to those who have nothing to be answered from.
      following.catch(() => {});
      if (held === undefined) {
        await readFirst();
      }
      if (isAllNeeded && held?.kept !== ALL) {
        await following;
      }
    },
    async use(work) {
      if (held === undefined) {
        throw new Error('the lake has not been read');
      }
      const edition = held;
      edition.users += 1;
      try {
        return await work(edition);
      } finally {
        edition.users -= 1;
        await closeUnused(edition);
      }
    },
    follow,
    version: () => held?.options.version,
    async close() {
      isClosed = true;
      for (const each of [readFirst, readAll, look]) {
        await each.settled();
      }
      for (const reader of [held, watcher, unused]) {
        await reader?.close();
      }
    },
  };
}

async function readEdition(reader: OpenReader, kept: Kept, address: string): Promise<Held> {
  try {
    const version = await reader.keep(kept.results, kept.textTypes);
    const options = await queryOptions(reader, { version, kept, lake: address });
    const rules = reader.rules();
    return { reader, kept, rules, options, users: 0, isOld: false, close: () => reader.close() };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function closeUnused(edition: Held): Promise<void> {
  if (edition.isOld && edition.users === 0) {
    await edition.close();
  }
}

/** Calls while the work runs share it. After a failure, which each of them is told, it can be tried again. */
function shared(work: () => Promise<void>) {
  let running: Promise<void> | undefined;
  const call = (): Promise<void> => {
    // Not at once: the work may lead to this call again.
    running ??= Promise.resolve()
      .then(work)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  return Object.assign(call, {
    isRunning: () => running !== undefined,
    /** Comes back when it does not run, however it ended. */
    settled: async (): Promise<void> => void (await running?.catch(() => {})),
  });
}
