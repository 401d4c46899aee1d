/**
 * Silver recomputed from all of Bronze, beside the old tables; readers see the old rows until each
 * table is replaced in one commit. Quarantine is replaced first. Both carry the refresh's id, so that
 * a process killed between the two commits is noticed, and the next run does the refresh again.
 *
 * A table whose log is damaged, or has features with which we may not write it, is rebuilt in its place.
 */
import { randomUUID } from 'node:crypto';
import { setLogAside } from '../delta/set-log-aside.ts';
import type { Draft, TableDefinition, WriteResult } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadOldTable, loadTable, stopIfAborted } from './context.ts';
import { restartGold } from './gold.ts';
import type { ReceivedFile } from './ledger.ts';
import { filesReceivedAfter } from './ledger.ts';
import { planBatch } from './plan-batches.ts';
import { datesToShow } from './run-plan.ts';
import { type BatchResult, processBatch, SILVER_APP_ID, type SilverTarget } from './silver.ts';
import { REFRESH_PROPERTY } from './tables.ts';

const MAX_ATTEMPTS = 5;

type Committed = WriteResult & { kind: 'committed' };

export interface RefreshListener {
  onBatch(files: readonly ReceivedFile[], result: BatchResult): void;
  onWritten(table: TableDefinition, result: Committed): void;
}

/** True when a refresh has replaced or removed one of the two Silver tables, and not the other. */
export async function isRefreshUnfinished(context: LakeContext): Promise<boolean> {
  const { tables } = context;
  const events = await loadTable(context, tables.events);
  const quarantine = await loadTable(context, tables.quarantine);
  // Quarantine is always written first.
  if (events !== undefined && quarantine === undefined) {
    return true;
  }
  const [eventsId, quarantineId] = [events, quarantine].map(
    (table) => table?.metadata.configuration[REFRESH_PROPERTY],
  );
  return eventsId !== quarantineId;
}

/** Replaces Silver. Files that arrive during the refresh are included, or left to the next run. */
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
  const { engine, tables } = context;
  const events = await loadOldTable(context, tables.events);
  const quarantine = await loadOldTable(context, tables.quarantine);
  const refreshed = { [REFRESH_PROPERTY]: randomUUID() };
  const drafts = {
    events: beginDraft(context, tables.events, refreshed),
    quarantine: beginDraft(context, tables.quarantine, refreshed),
  };
  const files = await filesReceivedAfter(context, 0);
  for (let rest = files; rest.length > 0; ) {
    stopIfAborted(context.signal);
    const batch = planBatch(rest, maxTextBytes);
    rest = rest.slice(batch.length);
    engine.records.prefetch(planBatch(rest, maxTextBytes));
    await engine.records.check(batch, context.signal);
    const result = await processBatch(context, batch, draftTarget(drafts));
    if (result === undefined) {
      return 'again';
    }
    listener.onBatch(batch, result);
  }
  const lastFile = files.at(-1)?.fileNumber ?? 0;
  for (const [draft, old] of [
    [drafts.quarantine, quarantine],
    [drafts.events, events],
  ] as const) {
    if (old.isUnusable) {
      await startAnew(context, draft.table);
    }
    const base = old.snapshot;
    const expectedVersion = base?.txns.get(SILVER_APP_ID);
    const isAhead = lastFile > (expectedVersion ?? 0);
    const txn = { appId: SILVER_APP_ID, version: lastFile, expectedVersion };
    const result = await draft.publish({ base, ...(isAhead ? { txn } : {}) });
    if (result.kind !== 'committed') {
      return 'again';
    }
    listener.onWritten(draft.table, result);
  }
  return 'done';
}

/** The same version numbers of Silver will have other rows than those that Gold has consumed. */
async function startAnew(context: LakeContext, table: TableDefinition): Promise<void> {
  if (table.root === context.tables.events.root) {
    await restartGold(context, 'all');
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

function draftTarget(drafts: { events: Draft; quarantine: Draft }): SilverTarget {
  return {
    showHistory: (step, dates) => drafts.events.show(datesToShow(step, dates), step.name),
    async writeQuarantine(from, _metrics, expected) {
      await drafts.quarantine.add(from, expected);
      return 'written';
    },
    async writeEvents(from, _metrics, expected) {
      await drafts.events.add(from, expected);
      return 'written';
    },
  };
}
