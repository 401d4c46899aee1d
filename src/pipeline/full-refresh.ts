/**
 * Silver computed anew from all of Bronze, beside the old tables; readers see the old rows until each
 * table is replaced in one commit. Quarantine is replaced first. Both carry the refresh's id, so that
 * a process killed between the two commits is noticed, and the next run does the refresh again.
 */
import { randomUUID } from 'node:crypto';
import type { Draft, TableDefinition, WriteResult } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable, stopIfAborted } from './context.ts';
import { fetchBatchAhead, releaseBatch } from './fetch-ahead.ts';
import type { ReceivedFile } from './ledger.ts';
import { filesReceivedAfter } from './ledger.ts';
import { planBatch } from './plan-batches.ts';
import { checkContents } from './received-files.ts';
import { type BatchResult, processBatch, SILVER_APP_ID, type SilverTarget } from './silver.ts';
import { REFRESH_PROPERTY } from './tables.ts';

const MAX_ATTEMPTS = 5;

type Committed = WriteResult & { kind: 'committed' };

export interface RefreshListener {
  onBatch(files: readonly ReceivedFile[], result: BatchResult): void;
  onWritten(table: TableDefinition, result: Committed): void;
}

/** True when a refresh has replaced one of the two Silver tables and not the other. */
export async function isRefreshUnfinished(context: LakeContext): Promise<boolean> {
  const { tables } = context;
  const ids = await Promise.all(
    [tables.events, tables.quarantine].map(
      async (table) => (await loadTable(context, table))?.metadata.configuration[REFRESH_PROPERTY],
    ),
  );
  return ids[0] !== ids[1];
}

/** Replaces Silver. Files that arrive during the refresh are included, or left to the next run. */
export async function refreshSilver(
  context: LakeContext,
  maxTextBytes: number,
  listener: RefreshListener,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if ((await tryRefresh(context, maxTextBytes, listener)) === 'done') return;
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
  const events = await loadTable(context, tables.events);
  const quarantine = await loadTable(context, tables.quarantine);
  const refreshed = { [REFRESH_PROPERTY]: randomUUID() };
  const drafts = {
    events: draftOf(tables.events, refreshed),
    quarantine: draftOf(tables.quarantine, refreshed),
  };
  const files = await filesReceivedAfter(context, 0);
  for (let rest = files; rest.length > 0; ) {
    stopIfAborted(context.signal);
    const batch = planBatch(rest, maxTextBytes);
    rest = rest.slice(batch.length);
    fetchBatchAhead(context, planBatch(rest, maxTextBytes));
    await checkContents(context, batch);
    const result = await processBatch(context, batch, draftTarget(context, drafts));
    await releaseBatch(context, batch);
    if (result === undefined) return 'again';
    listener.onBatch(batch, result);
  }
  const lastFile = files.at(-1)?.fileNumber ?? 0;
  for (const [draft, base] of [
    [drafts.quarantine, quarantine],
    [drafts.events, events],
  ] as const) {
    const expectedVersion = base?.txns.get(SILVER_APP_ID);
    const isAhead = lastFile > (expectedVersion ?? 0);
    const txn = { appId: SILVER_APP_ID, version: lastFile, expectedVersion };
    const result = await engine.publishDraft(draft, { base, ...(isAhead ? { txn } : {}) });
    if (result.kind !== 'committed') return 'again';
    listener.onWritten(draft.table, result);
  }
  return 'done';
}

function draftOf(table: TableDefinition, configuration: Readonly<Record<string, string>>): Draft {
  return {
    table: { ...table, configuration: { ...table.configuration, ...configuration } },
    files: [],
    rowCount: 0,
  };
}

function draftTarget(
  { engine }: LakeContext,
  drafts: { events: Draft; quarantine: Draft },
): SilverTarget {
  return {
    showHistory: ({ dates }) => engine.showDraft(drafts.events, dates),
    async writeQuarantine(from) {
      await engine.addToDraft(drafts.quarantine, from);
      return 'written';
    },
    async writeEvents(from) {
      await engine.addToDraft(drafts.events, from);
      return 'written';
    },
  };
}
