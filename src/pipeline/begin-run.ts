/** How a run begins: it looks for files, and knows from then on how large it is. */
import type { LakeContext } from './context.ts';
import { type Discovery, discover } from './discover.ts';
import { isRefreshUnfinished } from './full-refresh.ts';
import { eventsInGold } from './gold.ts';
import { filesReceivedAfter, type LedgerEntry } from './ledger.ts';
import { loadSilver, SILVER_APP_ID } from './silver.ts';
import { requireSameSilver } from './silver-properties.ts';
import { hasChangedModels } from './update-own-models.ts';

export interface RunOptions {
  fullRefresh: boolean;
  /** List all of `bronze/`, whether that is due or not. */
  listsAll: boolean;
}

export interface BegunRun {
  /** By `performance.now()`. */
  startedAt: number;
  /** All lines are read again. */
  isRefresh: boolean;
  discovery: Discovery;
  /** Files that the run would register; none if they were registered. */
  unregistered: readonly LedgerEntry[];
}

/** Registers unlisted files, unless this is for a preview. */
export async function beginRun(
  context: LakeContext,
  { fullRefresh, listsAll }: RunOptions,
  purpose: 'run' | 'preview',
): Promise<BegunRun> {
  const startedAt = performance.now();
  const isRefresh = fullRefresh || (await isRefreshUnfinished(context));
  const unregistered: LedgerEntry[] = [];
  const keepFound = async (entries: readonly LedgerEntry[]): Promise<LedgerEntry[]> => {
    unregistered.push(...entries);
    return [...entries];
  };
  const discovery = await discover(context, {
    listsAll: listsAll || isRefresh,
    ...(purpose === 'preview' ? { addFound: keepFound } : {}),
  });
  return { startedAt, isRefresh, discovery, unregistered };
}

export interface RunSize {
  /**
   * Uncompressed bytes of the files whose lines are not in Gold yet, or of all files if everything
   * is computed again. Damaged files, and those that wait for them, do not count.
   */
  runBytes: number;
  /** Those of the batch that a killed run has begun. It is finished as it is. */
  begunBatchBytes: number;
}

/** Throws as the run would if it is refused, so that no engine is opened for it. */
export async function measureRun(context: LakeContext, begun: BegunRun): Promise<RunSize> {
  const silver = begun.isRefresh ? undefined : await loadSilver(context);
  if (silver !== undefined) {
    await requireSameSilver(context, silver.events, silver.consumed);
  }
  const { consumed = 0, unfinished = 0 } = silver ?? {};
  const isWhole = silver === undefined || (await hasChangedModels(context));
  const files = await filesReceivedAfter(context, isWhole ? 0 : await lastFileInGold(context));
  const { damaged } = begun.discovery;
  const firstDamaged = files.findIndex(({ path }) => damaged.some((each) => each.path === path));
  const sound = firstDamaged === -1 ? files : files.slice(0, firstDamaged);
  const found = begun.unregistered.filter(({ repeats }) => repeats === null);
  return {
    runBytes: sum(sound) + (firstDamaged === -1 ? sum(found) : 0),
    begunBatchBytes: sum(
      sound.filter(({ fileNumber }) => fileNumber > consumed && fileNumber <= unfinished),
    ),
  };
}

function sum(files: readonly { textBytes: number }[]): number {
  return files.reduce((total, { textBytes }) => total + textBytes, 0);
}

/** The number of the last file whose lines Gold has; 0 if Gold must be computed from everything. */
async function lastFileInGold(context: LakeContext): Promise<number> {
  const events = await eventsInGold(context);
  return events?.txns.get(SILVER_APP_ID) ?? 0;
}
