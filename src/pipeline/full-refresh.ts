/**
 * Recomputes Silver from all of Bronze. Readers see the old rows until each table is replaced in
 * one commit, events last. All commits carry the refresh's id. If the process is killed between
 * them, the ids differ, and the next run repeats the refresh.
 *
 * A table whose log is damaged, or that has features we cannot write, is rebuilt in the same
 * folder.
 */
import { randomUUID } from 'node:crypto';
import { setLogAside } from '../delta/set-log-aside.ts';
import type { Draft, TableDefinition, WriteResult } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadOldTable, stopIfAborted } from './context.ts';
import { restartGold } from './gold.ts';
import type { ReceivedFile } from './ledger.ts';
import { filesReceivedAfter } from './ledger.ts';
import { planBatch } from './plan-batches.ts';
import { datesToShow } from './run-plan.ts';
import {
  type BatchResult,
  loadSilver,
  processBatch,
  SILVER_APP_ID,
  type SilverTarget,
  silverOrder,
} from './silver.ts';
import { formatOf, silverProperties } from './silver-properties.ts';
import { FORMAT_VERSION, REFRESH_PROPERTY } from './tables.ts';

const MAX_ATTEMPTS = 5;

type Committed = WriteResult & { kind: 'committed' };

export interface RefreshListener {
  onBatch(files: readonly ReceivedFile[], result: BatchResult): void;
  onWritten(table: TableDefinition, result: Committed): void;
}

/** True if a refresh has replaced or removed some of the Silver tables, but not all. */
export async function isRefreshUnfinished(context: LakeContext): Promise<boolean> {
  const { snapshots, events } = await loadSilver(context);
  const order = silverOrder(context.tables);
  // Events are always written last.
  const isMissing = order.some(({ name }) => !snapshots.has(name));
  if (events !== undefined && isMissing && formatOf(events) === FORMAT_VERSION) {
    return true;
  }
  const ids = [...snapshots.values()].map(
    ({ metadata }) => metadata.configuration[REFRESH_PROPERTY],
  );
  return new Set(ids).size > 1;
}

/** Replaces Silver. Files that arrive during the refresh are included, or wait for the next run. */
export async function refreshSilver(
  context: LakeContext,
  maxTextBytes: number,
  listener: RefreshListener,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if ((await tryRefresh(context, maxTextBytes, listener)) === 'done') {
      return;
    }
  }
  throw new ClicklakeError(
    'commit_conflict',
    `the Silver tables of ${context.storage.url} are too busy`,
    {
      hint: 'let the other runs end, then run the full refresh again',
    },
  );
}

async function tryRefresh(
  context: LakeContext,
  maxTextBytes: number,
  listener: RefreshListener,
): Promise<'done' | 'again'> {
  const { engine } = context;
  const refreshed = { [REFRESH_PROPERTY]: randomUUID() };
  const drafts = new Map<string, Draft>();
  const replaced: { draft: Draft; old: Awaited<ReturnType<typeof loadOldTable>> }[] = [];
  for (const table of silverOrder(context.tables)) {
    const draft = beginDraft(context, table, refreshed);
    drafts.set(table.name, draft);
    replaced.push({ draft, old: await loadOldTable(context, table) });
  }
  const files = await filesReceivedAfter(context, 0);
  let ignored = 0;
  for (let rest = files; rest.length > 0; ) {
    stopIfAborted(context.signal);
    const batch = planBatch(rest, maxTextBytes);
    rest = rest.slice(batch.length);
    engine.records.prefetch(planBatch(rest, maxTextBytes));
    await engine.records.check(batch, context.signal);
    const result = await processBatch(context, batch, draftTarget(context, drafts));
    if (result === undefined) {
      return 'again';
    }
    ignored += result.ignored;
    listener.onBatch(batch, result);
  }
  const lastFile = files.at(-1)?.fileNumber ?? 0;
  for (const { draft, old } of replaced) {
    if (old.isUnusable) {
      await restartTable(context, draft.table);
    }
    const base = old.snapshot;
    const expectedVersion = base?.txns.get(SILVER_APP_ID);
    const isAhead = lastFile > (expectedVersion ?? 0);
    const txn = { appId: SILVER_APP_ID, version: lastFile, expectedVersion };
    const isEvents = draft.table.root === context.tables.events.root;
    const properties = isEvents ? silverProperties(context, files, ignored, base) : {};
    const result = await draft.publish({ base, ...(isAhead ? { txn } : {}) }, properties);
    if (result.kind !== 'committed') {
      return 'again';
    }
    listener.onWritten(draft.table, result);
  }
  return 'done';
}

/**
 * Begins a new log for a table. For `silver_events`, Gold is restarted too: version numbers begin
 * at 0 again, so the versions that Gold has consumed would mean other rows.
 */
async function restartTable(context: LakeContext, table: TableDefinition): Promise<void> {
  if (table.root === context.tables.events.root) {
    await restartGold(context);
  }
  await setLogAside(context.delta, table.root);
}

function beginDraft(
  { engine }: LakeContext,
  table: TableDefinition,
  refreshed: Readonly<Record<string, string>>,
): Draft {
  const configuration = { ...table.configuration, ...refreshed };
  return engine.writer.beginDraft({ ...table, configuration });
}

function draftTarget({ tables }: LakeContext, drafts: ReadonlyMap<string, Draft>): SilverTarget {
  const draftOf = (table: TableDefinition): Draft => {
    const draft = drafts.get(table.name);
    if (draft === undefined) {
      throw new Error(`no draft of ${table.name}`);
    }
    return draft;
  };
  return {
    showHistory: (step, dates) => draftOf(tables.events).show(datesToShow(step, dates), step.name),
    async write({ table, from, expected }) {
      await draftOf(table).add(from, expected);
      return 'written';
    },
  };
}
