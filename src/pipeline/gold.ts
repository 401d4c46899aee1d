/**
 * Silver to Gold: recomputes only what the new events touch.
 *
 * The other tables are derived from `gold_sessions`, which is committed last. Its transaction says
 * which version of silver_events Gold has consumed. A run that was killed is repeated from the same
 * state, for the same events, and leaves out the tables that were written.
 */
import { goldRules } from '../config/gold-rules.ts';
import { changedRules, firstAddedRate } from '../contract/gold-rules.ts';
import { EXCHANGE_RATES } from '../contract/money.ts';
import { dateShifts, timeZone } from '../contract/time-zone.ts';
import { diffVersions } from '../delta/changes.ts';
import { setLogAside } from '../delta/set-log-aside.ts';
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import { parseStatistics } from '../delta/statistics.ts';
import type {
  ExpectedRows,
  PlannedWrite,
  Row,
  TableDefinition,
  TableRows,
  WriteRequest,
  WriteResult,
} from '../engines/engine.ts';
import { filesInTable } from '../engines/table.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadOldTable, loadTable, requireWritable } from './context.ts';
import { loadModels } from './models.ts';
import { makePlan, type Plan, type ShowStep, type WriteStep } from './plan.ts';
import { type NewPurchases, newPurchases } from './purchase-facts.ts';
import type { RunReport } from './reports.ts';
import { type Dates, rowsToShow, runPlan } from './run-plan.ts';
import { listTables } from './tables.ts';

const APP_ID = 'clicklake-gold';
const MAX_ATTEMPTS = 10;
const DAY_MS = 86_400_000;

export interface GoldUpdate {
  /** The tables that got a new version in this run. */
  written: RunReport['tablesWritten'];
  /** Absent when there were no new events. */
  purchases?: NewPurchases;
  bots?: RunReport['bots'];
}

/** Brings Gold up to date with Silver. */
export async function updateGold(context: LakeContext): Promise<GoldUpdate> {
  const update: GoldUpdate = { written: [] };
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const state = await loadGold(context);
    if (state === undefined) {
      return update;
    }
    await requireWritable(context, goldTables(context));
    if (state === 'ahead' || state === 'old layout') {
      await (state === 'ahead' ? restartGold(context) : restartUnusable(context));
    } else if ((await writeGold(context, state, update)) === 'done' && !state.isPart) {
      return update;
    }
  }
  throw new ClicklakeError(
    'commit_conflict',
    `the Gold tables of ${context.storage.url} are too busy`,
    {
      hint: 'let the other writers end, then run again',
    },
  );
}

/**
 * True if Gold has consumed a version of silver_events that does not exist: the events table was
 * removed and rebuilt. Gold is loaded first, because other runs commit events before Gold.
 */
async function isAheadOfEvents(context: LakeContext): Promise<boolean> {
  const sessions = await loadTable(context, context.tables.sessions);
  const events = await loadTable(context, context.tables.events);
  return events !== undefined && (consumedVersion(sessions) ?? -1) > events.version;
}

/** True if Gold has consumed all events of Silver. */
export async function isGoldCurrent(context: LakeContext): Promise<boolean> {
  return (await loadGold(context)) === undefined;
}

export interface GoldState {
  events: Snapshot | undefined;
  /**
   * The Gold tables and `silver_items`, by name. Tables that do not exist are absent. Tables that a killed
   * run has written are as it found them.
   */
  snapshots: ReadonlyMap<string, Snapshot>;
  /** The tables that a killed run has written for the same events. */
  written?: ReadonlySet<string>;
  /** Files of Silver with new events; undefined: recompute everything. */
  newFiles: readonly AddFile[] | undefined;
  /** Why these rows are computed; shown to the user. */
  why: string;
  /** More events are to be consumed after this update. */
  isPart?: boolean;
}

/** Removes Gold, so that the next update computes it in full. */
export async function restartGold(context: LakeContext): Promise<void> {
  for (const table of goldTables(context)) {
    await setLogAside(context.delta, table.root);
  }
}

/**
 * Removes the tables of Gold that cannot be written, the user's own among them, so that the next
 * update computes them in full: the log is damaged, the table has features we cannot write, or its
 * partition columns differ from those of the model.
 */
export async function restartUnusable(context: LakeContext): Promise<void> {
  for (const table of [...goldTables(context), ...context.tables.own]) {
    if (await isUnusable(context, table)) {
      await setLogAside(context.delta, table.root);
    }
  }
}

async function isUnusable(context: LakeContext, table: TableDefinition): Promise<boolean> {
  const old = await loadOldTable(context, table);
  return old.isUnusable || hasOldLayout(table, old.snapshot);
}

/**
 * The partition columns of a table cannot change. If the model has others, the table must be
 * rebuilt.
 */
function hasOldLayout({ partitionBy }: TableDefinition, snapshot: Snapshot | undefined): boolean {
  return (
    snapshot !== undefined &&
    JSON.stringify(snapshot.metadata.partitionColumns) !== JSON.stringify(partitionBy)
  );
}

export function goldTables({ tables }: Pick<LakeContext, 'tables'>): TableDefinition[] {
  // Sessions last: their transaction says how far Gold has come.
  return [
    tables.purchaseLines,
    tables.refunds,
    tables.orderItems,
    tables.identities,
    tables.users,
    tables.orders,
    tables.rfm,
    tables.eventMetrics,
    tables.products,
    tables.funnel,
    tables.channels,
    tables.cohorts,
    tables.conversionMetrics,
    tables.sessions,
  ];
}

/**
 * Undefined: nothing to do. `ahead`: Gold must be rebuilt. `old layout`: some of its tables must be
 * rebuilt.
 */
async function loadGold(
  context: LakeContext,
): Promise<GoldState | 'ahead' | 'old layout' | undefined> {
  const events = await loadTable(context, context.tables.events);
  if (events === undefined) {
    return undefined;
  }
  const snapshots = await loadGoldTables(context);
  if (goldTables(context).some((table) => hasOldLayout(table, snapshots.get(table.name)))) {
    return 'old layout';
  }
  const consumed = consumedVersion(snapshots.get(context.tables.sessions.name));
  if (consumed !== undefined && consumed > events.version) {
    // Another run may have committed both tables between the two loads. This is rare.
    return (await isAheadOfEvents(context)) ? 'ahead' : await loadGold(context);
  }
  const why = whyFull(context, snapshots);
  if (why !== undefined || consumed === undefined) {
    return { events, snapshots, newFiles: undefined, why: why ?? '' };
  }
  if (consumed === events.version) {
    return undefined;
  }
  const [begun = consumed, ...alsoBegun] = begunVersions(context, snapshots, consumed);
  const isPart = begun > consumed && begun < events.version;
  const then = isPart ? await eventsOfKilledRun(context, events, begun) : events;
  const changes = then && (await diffVersions(context.delta, then, consumed));
  const isAppended = changes?.kind === 'changes' && !changes.hasDataRemoves;
  if (isAppended && !isPart && changes.adds.length === 0) {
    return undefined;
  }
  const interrupted = isPart ? 'a run was interrupted' : undefined;
  if (!isAppended) {
    const why = interrupted ?? 'events of Silver were replaced';
    return { events, snapshots, newFiles: undefined, why };
  }
  // Tables that another killed run has written are neither as this one found them nor as it would leave them.
  const before =
    alsoBegun.length > 0 ? undefined : await beforeKilledRun(context, snapshots, consumed);
  const whyAll = before === undefined ? 'a run was interrupted' : whyNothingAdded(context, before);
  if (before === undefined || whyAll !== undefined) {
    return { events, snapshots, newFiles: undefined, why: whyAll ?? interrupted ?? '' };
  }
  const written = new Set(
    [...before.keys()].filter((name) => before.get(name) !== snapshots.get(name)),
  );
  return {
    ...{ events: then, snapshots: before, written, newFiles: changes.adds },
    ...{ why: interrupted ?? 'new events', isPart },
  };
}

/**
 * The versions of silver_events that some table of Gold has consumed, and Gold has not; newest first. Several: a
 * run was killed, and so was the one that computed everything because the events of the first were not at hand.
 */
function begunVersions(
  context: LakeContext,
  snapshots: ReadonlyMap<string, Snapshot>,
  consumed: number,
): number[] {
  const versions = goldTables(context).map(
    ({ name }) => consumedVersion(snapshots.get(name)) ?? -1,
  );
  return [...new Set(versions)].filter((version) => version > consumed).sort((a, b) => b - a);
}

/**
 * The events that a killed run had, which is finished with them before newer ones are consumed: it has
 * written some tables for them. Together with newer events another set of rows would change, and rows
 * that only the killed run touched would stay as it left them. Undefined: they are not at hand.
 */
async function eventsOfKilledRun(
  context: LakeContext,
  { files }: Snapshot,
  version: number,
): Promise<Snapshot | undefined> {
  const then = await loadEarlier(context, context.tables.events, version);
  const live = new Set(files.map(({ path }) => path));
  return then?.files.every(({ path }) => live.has(path)) ? then : undefined;
}

/**
 * Gold as a killed run found it, so that the rest is computed as it would have been: the tables that it has
 * written include its events already. Undefined: some of their rows are not at hand, or it found a table that
 * was behind the others.
 */
async function beforeKilledRun(
  context: LakeContext,
  snapshots: ReadonlyMap<string, Snapshot>,
  consumed: number,
): Promise<ReadonlyMap<string, Snapshot> | undefined> {
  const before = new Map(snapshots);
  for (const table of goldTables(context)) {
    let found = snapshots.get(table.name);
    while (found !== undefined && (consumedVersion(found) ?? -1) > consumed) {
      found = await loadEarlier(context, table, found.version - 1);
    }
    if (
      found === undefined ||
      consumedVersion(found) !== consumed ||
      (await lacksFiles(context, found, snapshots.get(table.name)))
    ) {
      return undefined;
    }
    before.set(table.name, found);
  }
  return before;
}

/** Undefined: the log does not reach back to this version. */
async function loadEarlier(
  context: LakeContext,
  table: TableDefinition,
  version: number,
): Promise<Snapshot | undefined> {
  try {
    return version < 0 ? undefined : await loadTable(context, table, { version });
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'not_found') {
      return undefined;
    }
    throw error;
  }
}

/** Whether files that only the earlier version names were deleted. */
async function lacksFiles(
  { storage }: LakeContext,
  earlier: Snapshot,
  now: Snapshot | undefined,
): Promise<boolean> {
  const live = new Set(now?.files.map(({ path }) => path));
  const removed = earlier.files.filter(({ path }) => !live.has(path));
  const found = await Promise.all(
    removed.map(({ path }) => storage.stat(`${earlier.root}/${path}`)),
  );
  return found.includes(undefined);
}

async function loadGoldTables(context: LakeContext): Promise<Map<string, Snapshot>> {
  const snapshots = new Map<string, Snapshot>();
  for (const table of [...goldTables(context), context.tables.items]) {
    const snapshot = await loadTable(context, table);
    if (snapshot !== undefined) {
      snapshots.set(table.name, snapshot);
    }
  }
  return snapshots;
}

/** Why Gold must be recomputed in full; undefined: it can be updated incrementally. */
function whyFull(
  context: LakeContext,
  snapshots: ReadonlyMap<string, Snapshot>,
): string | undefined {
  const sessions = snapshots.get(context.tables.sessions.name);
  const consumed = consumedVersion(sessions);
  if (consumed === undefined) {
    return 'there is no Gold yet';
  }
  const changed = changedSettings(context, snapshots);
  if (changed.length > 0) {
    return `${changed.join(', ')} ${changed.length === 1 ? 'was' : 'were'} changed`;
  }
  if (hasOrdersWithNewRates(context, snapshots)) {
    return 'money.rates has rates for days that Gold has orders of';
  }
  const behind = goldTables(context).find(
    ({ name }) => (consumedVersion(snapshots.get(name)) ?? -1) < consumed,
  );
  return behind === undefined ? undefined : `${behind.name} is missing or behind the others`;
}

/** Settings whose value differs from the one that a table was computed with. */
function changedSettings(context: LakeContext, snapshots: ReadonlyMap<string, Snapshot>): string[] {
  const rules = goldRules(context.settings);
  // After a complete run all tables have the same properties. Each distinct set is compared once,
  // because a comparison hashes all exchange rates.
  const known = new Map(
    goldTables(context).flatMap(({ name }) => {
      const configuration = snapshots.get(name)?.metadata.configuration;
      return configuration === undefined ? [] : [[JSON.stringify(configuration), configuration]];
    }),
  );
  return [...new Set([...known.values()].flatMap((each) => changedRules(rules, each)))];
}

/**
 * Whether rates were added for a day on or before the last date of orders or refunds. Read from
 * file statistics.
 */
function hasOrdersWithNewRates(
  { settings, tables }: LakeContext,
  snapshots: ReadonlyMap<string, Snapshot>,
): boolean {
  const sessions = snapshots.get(tables.sessions.name);
  const first = firstAddedRate(goldRules(settings), sessions?.metadata.configuration ?? {});
  const dates = [
    { table: tables.orders, column: 'order_date' },
    { table: tables.refunds, column: 'refund_date' },
  ];
  return (
    first !== undefined &&
    dates.some(({ table, column }) => {
      const snapshot = snapshots.get(table.name);
      return snapshot?.files.some(({ stats }) => {
        const found = parseStatistics(stats, snapshot.metadata.schema);
        const { max, nullCount } = found?.column(column) ?? {};
        const hasNoDate = nullCount !== undefined && nullCount === found?.rowCount;
        return !hasNoDate && (max === undefined || String(max) >= first);
      });
    })
  );
}

/**
 * Why new events recompute Gold in full; undefined: they do not. An increment adds to sums of revenue. If
 * `money` (models/functions) has cut one of them, what was cut is not known. Read from file statistics.
 */
function whyNothingAdded(
  { tables }: LakeContext,
  snapshots: ReadonlyMap<string, Snapshot>,
): string | undefined {
  const capped = [tables.channels, tables.cohorts].find(({ name }) => {
    const snapshot = snapshots.get(name);
    return snapshot?.files.some(({ stats }) => {
      const { min, max } =
        parseStatistics(stats, snapshot.metadata.schema)?.column('revenue') ?? {};
      return ![min, max].every((end) => Math.abs(Number(end)) < CAPPED_FROM);
    });
  });
  return capped && `${capped.name} has a revenue at the limit of its type`;
}

/** A double is exact enough to tell such sums from the limit, 16 digits before the point. */
const CAPPED_FROM = 9_999_999_999_999_990;

const WHY_RESTARTED = {
  ahead: 'silver_events was rebuilt',
  'old layout': 'a Gold table has other partition columns than its model',
} as const;

/** The state from which Gold would be updated when more events come; undefined: nothing to do. */
export async function goldStateFor(
  context: LakeContext,
  { isFull, hasEvents }: { isFull: boolean; hasEvents: boolean },
): Promise<GoldState | undefined> {
  const events = await loadTable(context, context.tables.events);
  const snapshots = await loadGoldTables(context);
  if (isFull) {
    return { events, snapshots, newFiles: undefined, why: 'full refresh' };
  }
  const state = await loadGold(context);
  if (typeof state === 'object') {
    return state;
  }
  if (!hasEvents && state === undefined) {
    return undefined;
  }
  const why =
    state === undefined
      ? (whyFull(context, snapshots) ?? whyNothingAdded(context, snapshots))
      : WHY_RESTARTED[state];
  return {
    events,
    snapshots,
    newFiles: why === undefined ? [] : undefined,
    why: why ?? 'new events',
  };
}

/**
 * The events that Gold was computed from, as a snapshot of their table. Undefined: the next update
 * computes everything.
 */
export async function eventsInGold(context: LakeContext): Promise<Snapshot | undefined> {
  const { events, sessions } = context.tables;
  const state = await loadGold(context);
  if (state === undefined) {
    const next = await goldStateFor(context, { isFull: false, hasEvents: true });
    return next?.newFiles === undefined ? undefined : next.events;
  }
  if (typeof state === 'string' || state.newFiles === undefined) {
    return undefined;
  }
  return await loadEarlier(
    context,
    events,
    consumedVersion(state.snapshots.get(sessions.name)) ?? -1,
  );
}

function consumedVersion(snapshot: Snapshot | undefined): number | undefined {
  return snapshot?.txns.get(APP_ID);
}

/**
 * The plan of an update, tables in the order in which they are written. Sessions last: their
 * transaction says how far Gold has come.
 */
export function goldPlan(isFull: boolean, context: Pick<LakeContext, 'tables'>): Plan {
  const tables = goldTables(context).map(({ name }) => name);
  const roots = [...tables.slice(0, -1), 'purchase_facts', 'bot_counts', ...tables.slice(-1)];
  return makePlan(loadModels('gold'), { roots, given: [EXCHANGE_RATES], isFull });
}

async function writeGold(
  context: LakeContext,
  state: GoldState,
  update: GoldUpdate,
): Promise<'done' | 'again'> {
  const tables = new Map(goldTables(context).map((table) => [table.name, table]));
  const progress = (tablesDone: number, table: string): void =>
    context.onProgress({ stage: 'gold', tablesDone, tablesTotal: tables.size, table });
  let tablesDone = 0;
  const counts = new Map<string, readonly Row[]>();
  const requestOf = (step: WriteStep, partitions: ReadonlySet<string>): WriteRequest => {
    const table = tables.get(step.table);
    if (table === undefined) {
      throw new Error(`no table ${step.table}`);
    }
    return {
      ...writeRequest(state, table, step),
      ...expectedRows(context, state, step, partitions),
    };
  };
  const plan = goldPlan(state.newFiles === undefined, context);
  const outcome = await runPlan(context, plan, {
    async show(step, dates) {
      const { table, snapshot, rows } = rowsOfGold(context, state, step, dates);
      await context.engine.session.showTable(table, snapshot, rows, step.name, 'often');
    },
    async beforeWrites(steps, partitionsOf) {
      if (state.newFiles === undefined) {
        return;
      }
      const writes = steps
        .filter((step) => step.replaces.kind !== 'nothing' && !state.written?.has(step.table))
        .map((step) => plannedWrite(step, requestOf(step, partitionsOf(step)), partitionsOf(step)));
      await context.engine.writer.prepareWrites?.(writes);
    },
    async write(step, partitions) {
      progress(tablesDone, step.table);
      tablesDone += 1;
      if (state.written?.has(step.table)) {
        return 'written';
      }
      const request = requestOf(step, partitions);
      const { table } = request;
      const result = await writeTable(context, step, request, partitions);
      if (result.kind === 'conflict') {
        return 'again';
      }
      if (result.kind === 'committed') {
        const { snapshot, rowsWritten } = result;
        addWritten(update, { table: table.name, version: snapshot.version, rowsWritten });
      }
      return 'written';
    },
    counted(name, rows) {
      counts.set(name, rows);
    },
  });
  if (outcome === 'done') {
    // A full computation has counted all orders. After an increment the statistics of the table are
    // needed too.
    const known = state.newFiles === undefined ? undefined : state.snapshots.get('gold_orders');
    const { bots, money } = goldRules(context.settings);
    update.purchases = newPurchases(counts.get('purchase_facts') ?? [], {
      orders: known,
      convertedTo: money.currency,
    });
    const botCounts = (counts.get('bot_counts')?.[0] ?? []).map(Number);
    const [sessions = 0, events = 0, countedSessions = 0] = botCounts;
    update.bots = { sessions, events, countedSessions, isLeftOut: bots === 'exclude' };
    progress(tablesDone, '');
  }
  return outcome;
}

/** A run that finishes a killed one first may write a table twice. */
function addWritten({ written }: GoldUpdate, added: GoldUpdate['written'][number]): void {
  const known = written.find(({ table }) => table === added.table);
  if (known === undefined) {
    written.push(added);
  } else {
    known.version = added.version;
    known.rowsWritten += added.rowsWritten;
  }
}

/** The rows of a table that a show step names. */
export function rowsOfGold(
  context: LakeContext,
  { events, snapshots, newFiles }: GoldState,
  step: ShowStep,
  dates: ReadonlyMap<string, Dates>,
): { table: TableDefinition; snapshot: Snapshot | undefined; rows: TableRows } {
  const { rows } = step;
  if (rows.kind === 'raw lines') {
    throw new Error(`${step.name}: Gold has no lines`);
  }
  const table = listTables(context.tables).find(({ name }) => name === rows.table);
  if (table === undefined) {
    throw new Error(`no table ${rows.table}`);
  }
  const snapshot = table === context.tables.events ? events : snapshots.get(table.name);
  if (rows.kind === 'new files') {
    return { table, snapshot, rows: { kind: 'files', files: newFiles ?? [] } };
  }
  return { table, snapshot, rows: rowsToShow(snapshot, step, dates) };
}

function writeTable(
  { engine }: LakeContext,
  step: WriteStep,
  request: WriteRequest,
  partitions: ReadonlySet<string>,
): Promise<WriteResult> {
  const { rows, key, keys, ...planned } = plannedWrite(step, request, partitions);
  if (key !== undefined && keys !== undefined) {
    return engine.writer.merge({ ...planned, key, keys });
  }
  return rows === undefined
    ? engine.writer.append(planned)
    : engine.writer.replace({ ...planned, rows });
}

function plannedWrite(
  { replaces }: WriteStep,
  request: WriteRequest,
  partitions: ReadonlySet<string>,
): PlannedWrite {
  switch (replaces.kind) {
    case 'nothing':
      return request;
    case 'all':
      return { ...request, rows: 'all' };
    case 'dates':
      return { ...request, rows: { column: replaces.column, dates: partitions } };
    case 'keys': {
      const merge = { ...request, key: replaces.key, keys: replaces.keys };
      const { column } = replaces;
      return column === undefined ? merge : { ...merge, on: { column, dates: partitions } };
    }
  }
}

/** Above this the exact number makes no difference to an engine, so counting stops. */
const MANY_ROWS = 100_000;

/**
 * An upper bound of the rows to write, from file statistics. A row of Gold needs at least one event
 * or item on the UTC dates that its date can cover.
 */
function expectedRows(
  { tables, settings }: LakeContext,
  { events, snapshots }: GoldState,
  { replaces }: WriteStep,
  partitions: ReadonlySet<string>,
): ExpectedRows {
  if (replaces.kind === 'nothing') {
    // The table keeps its rows; only the transaction is committed.
    return { rowCountAtMost: 0 };
  }
  const isByDate = replaces.kind !== 'all' && replaces.column !== undefined;
  if (events === undefined || !(replaces.kind === 'all' || isByDate)) {
    return {};
  }
  const dates = replaces.kind === 'all' ? 'all' : utcDatesOf(partitions, settings);
  let rowCountAtMost = 0;
  const items = snapshots.get(tables.items.name);
  for (const silver of items === undefined ? [events] : [events, items]) {
    const [column = ''] = silver.metadata.partitionColumns;
    for (const { stats } of filesInTable(silver, dates === 'all' ? 'all' : { column, dates })) {
      const rowCount = parseStatistics(stats, silver.metadata.schema)?.rowCount;
      rowCountAtMost += rowCount ?? MANY_ROWS;
      if (rowCountAtMost >= MANY_ROWS) {
        return {};
      }
    }
  }
  return { rowCountAtMost };
}

/** The UTC dates that overlap these dates in the shop's time zone. */
function utcDatesOf(
  dates: ReadonlySet<string>,
  settings: LakeContext['settings'],
): ReadonlySet<string> {
  const { first, last } = dateShifts(timeZone(goldRules(settings).timeZone));
  const utcDates = new Set<string>();
  for (const date of dates) {
    for (let days = first; days <= last; days += 1) {
      const utcDate = new Date(Date.parse(date) + days * DAY_MS);
      utcDates.add(utcDate.toISOString().slice(0, 'YYYY-MM-DD'.length));
    }
  }
  return utcDates;
}

function writeRequest(state: GoldState, table: TableDefinition, { from }: WriteStep): WriteRequest {
  const base = state.snapshots.get(table.name);
  const version = state.events?.version ?? 0;
  const expectedVersion = consumedVersion(base);
  // If only settings have changed, the table has this transaction already, and the commit would be
  // skipped.
  const isAhead = version > (expectedVersion ?? -1);
  return {
    ...{ table, base, from },
    ...(isAhead ? { txn: { appId: APP_ID, version, expectedVersion } } : {}),
  };
}
