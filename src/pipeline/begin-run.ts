/** How a run begins: it looks for files, and knows from then on how much it has to read. */
import type { LakeContext } from './context.ts';
import { type Discovery, discover } from './discover.ts';
import { isRefreshUnfinished } from './full-refresh.ts';
import { goldStateFor } from './gold.ts';
import { filesReceivedAfter, type LedgerEntry } from './ledger.ts';
import { loadSilver } from './silver.ts';
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

/**
 * How many bytes of uncompressed lines the run has to read: those of new files. Those of all files
 * if it computes everything.
 */
export async function bytesToRead(
  context: LakeContext,
  { isRefresh, unregistered }: BegunRun,
): Promise<number> {
  const { consumed } = await loadSilver(context);
  const isWhole = isRefresh || (await computesEverything(context));
  const files = await filesReceivedAfter(context, isWhole ? 0 : consumed);
  return [...files, ...unregistered].reduce((sum, { textBytes }) => sum + textBytes, 0);
}

/** Whether Gold or an own model must be computed from everything in Silver. */
async function computesEverything(context: LakeContext): Promise<boolean> {
  const state = await goldStateFor(context, { isFull: false, hasEvents: true });
  return (state !== undefined && state.newFiles === undefined) || (await hasChangedModels(context));
}
