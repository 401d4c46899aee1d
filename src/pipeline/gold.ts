/**
 * Silver to Gold: recomputes what the new events touch, and nothing else.
 *
 * gold_sessions is the state the others are derived from, and is committed last; its transaction says
 * which version of silver_events Gold has consumed. Everything written is a recomputation of whole
 * sessions, users and dates, so a run killed half-way is simply done again from the same state.
 */
import { diffVersions } from '../delta/changes.ts';
import { setLogAside } from '../delta/set-log-aside.ts';
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition, WriteRequest, WriteResult } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import {
  type LakeContext,
  loadOldTable,
  loadTable,
  requireWritable,
  stopIfAborted,
} from './context.ts';
import { rowsWithKeys } from './key-range.ts';
import { readModel } from './models.ts';
import { queryDates } from './query-dates.ts';
import type { RunReport } from './reports.ts';
import { SKIP_CHECKOUT_PROPERTY } from './tables.ts';

const APP_ID = 'clicklake-gold';
const MAX_ATTEMPTS = 10;

type TablesWritten = RunReport['tablesWritten'];

/** Brings Gold up to date with Silver. Returns the tables that got a new version. */
export async function updateGold(context: LakeContext): Promise<TablesWritten> {
  const written: TablesWritten = [];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const state = await loadGold(context);
    if (state === undefined) return written;
    await requireWritable(context, goldTables(context));
    if (state === 'ahead') await restartGold(context, 'all');
    else if ((await writeGold(context, state, written)) === 'done') return written;
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
 * Gold has consumed versions of silver_events that are still to come: somebody took that table away,
 * and it was made anew. Asked in this order, since other runs write events before Gold.
 */
async function isAheadOfEvents(context: LakeContext): Promise<boolean> {
  const sessions = await loadTable(context, context.tables.sessions);
  const events = await loadTable(context, context.tables.events);
  return events !== undefined && (consumedVersion(sessions) ?? -1) > events.version;
}

/** True when Gold shows everything that Silver holds. */
export async function isGoldCurrent(context: LakeContext): Promise<boolean> {
  return (await loadGold(context)) === undefined;
}

interface GoldState {
  events: Snapshot;
  /** Every Gold table as it is, by name; missing ones are absent. */
  snapshots: ReadonlyMap<string, Snapshot>;
  /** Files of Silver with new events; undefined: everything is to be computed anew. */
  newFiles: readonly AddFile[] | undefined;
}

/**
 * Starts Gold from nothing: all of it, or only the tables whose logs are damaged or have features
 * with which we may not write them. The next update computes everything.
 */
export async function restartGold(context: LakeContext, which: 'all' | 'unusable'): Promise<void> {
  for (const table of goldTables(context)) {
    const isNeeded = which === 'all' || (await loadOldTable(context, table)).isUnusable;
    if (isNeeded) await setLogAside(context.delta, table.root);
  }
}

function goldTables({ tables }: LakeContext): TableDefinition[] {
  // Sessions last: they are what a repeated run starts from.
  return [
    tables.users,
    tables.eventMetrics,
    tables.products,
    tables.funnel,
    tables.conversionMetrics,
    tables.sessions,
  ];
}

/** Undefined when there is nothing to do; `ahead` when Gold must be made anew. */
async function loadGold(context: LakeContext): Promise<GoldState | 'ahead' | undefined> {
  const events = await loadTable(context, context.tables.events);
  if (events === undefined) return undefined;
  const snapshots = new Map<string, Snapshot>();
  for (const table of goldTables(context)) {
    const snapshot = await loadTable(context, table);
    if (snapshot !== undefined) snapshots.set(table.name, snapshot);
  }
  const sessions = snapshots.get(context.tables.sessions.name);
  const consumed = consumedVersion(sessions);
  if (consumed !== undefined && consumed > events.version) {
    // Another run may just have written both: a second look tells, and is needed seldom.
    return (await isAheadOfEvents(context)) ? 'ahead' : await loadGold(context);
  }
  const isUsable =
    consumed !== undefined &&
    sessions?.metadata.configuration[SKIP_CHECKOUT_PROPERTY] ===
      context.tables.sessions.configuration[SKIP_CHECKOUT_PROPERTY] &&
    goldTables(context).every(
      (table) => (consumedVersion(snapshots.get(table.name)) ?? -1) >= consumed,
    );
  if (!isUsable) return { events, snapshots, newFiles: undefined };
  if (consumed === events.version) return undefined;
  const changes = await diffVersions(context.delta, events.root, consumed, events.version);
  const isAppended = changes.kind === 'changes' && !changes.hasDataRemoves;
  if (isAppended && changes.adds.length === 0) return undefined;
  return { events, snapshots, newFiles: isAppended ? changes.adds : undefined };
}

function consumedVersion(snapshot: Snapshot | undefined): number | undefined {
  return snapshot?.txns.get(APP_ID);
}

async function writeGold(
  context: LakeContext,
  state: GoldState,
  written: TablesWritten,
): Promise<'done' | 'again'> {
  const { engine, tables } = context;
  const isFull = state.newFiles === undefined;
  const changed = isFull
    ? await stageEverything(context, state)
    : await stageChanges(context, state);
  await engine.stage('computed_sessions', readModel('gold/computed_sessions'));
  await engine.stage('touched_users', readModel('gold/touched_users'));
  await numberSessions(context, state);
  const dates = isFull ? 'all' : await concernedDates(context, changed.eventDates);
  await showDays(context, state, dates);

  const steps: {
    table: TableDefinition;
    write: (request: WriteRequest) => Promise<WriteResult>;
  }[] = [
    {
      table: tables.users,
      write: (request) =>
        isFull
          ? engine.replace({ ...request, partitions: 'all' })
          : engine.merge({ ...request, key: 'user_id', keys: 'touched_users' }),
    },
    {
      table: tables.eventMetrics,
      write: (request) => engine.replace({ ...request, partitions: changed.eventDates }),
    },
    {
      table: tables.products,
      write: (request) => engine.replace({ ...request, partitions: changed.eventDates }),
    },
    {
      table: tables.funnel,
      write: (request) =>
        engine.replace({ ...request, partitions: dates === 'all' ? 'all' : allDates(dates) }),
    },
    {
      table: tables.conversionMetrics,
      write: (request) =>
        isFull
          ? engine.replace({ ...request, partitions: 'all' })
          : engine.merge({ ...request, key: 'date', keys: 'concerned_dates' }),
    },
    {
      table: tables.sessions,
      write: (request) =>
        isFull
          ? engine.replace({ ...request, partitions: 'all' })
          : mergeSessions(context, request, dates === 'all' ? new Set() : dates.session),
    },
  ];
  for (const [index, { table, write }] of steps.entries()) {
    stopIfAborted(context.signal);
    context.onProgress({
      stage: 'gold',
      tablesDone: index,
      tablesTotal: steps.length,
      table: table.name,
    });
    const isReadAgain = table === tables.eventMetrics || (table === tables.sessions && !isFull);
    const from = await computeTable(context, table, isReadAgain);
    const result = await write(writeRequest(state, table, from));
    if (result.kind === 'conflict') return 'again';
    if (result.kind === 'committed') {
      written.push({
        table: table.name,
        version: result.snapshot.version,
        rowsWritten: result.rowsWritten,
      });
    }
  }
  context.onProgress({
    stage: 'gold',
    tablesDone: steps.length,
    tablesTotal: steps.length,
    table: '',
  });
  await engine.drop(STAGED);
  return 'done';
}

/** Sessions lie where they started so far, or, when only their number changed, where they start. */
async function mergeSessions(
  context: LakeContext,
  request: WriteRequest,
  sessionDates: ReadonlySet<string>,
): Promise<WriteResult> {
  const changedDates = await queryDates(
    context,
    `SELECT DISTINCT CAST(session_date AS STRING) FROM ${request.from}`,
  );
  const partitions = new Set([...sessionDates, ...changedDates]);
  return context.engine.merge({ ...request, key: 'session_id', keys: request.from, partitions });
}

function writeRequest(state: GoldState, table: TableDefinition, from: string): WriteRequest {
  const base = state.snapshots.get(table.name);
  const { version } = state.events;
  const expectedVersion = consumedVersion(base);
  // The same events again, by other settings: the mark is there already, and would stop the write.
  const isAhead = version > (expectedVersion ?? -1);
  return {
    ...{ table, base, from },
    ...(isAhead ? { txn: { appId: APP_ID, version, expectedVersion } } : {}),
  };
}

/** A full computation: every session is computed, none is kept. */
async function stageEverything(
  context: LakeContext,
  state: GoldState,
): Promise<{ eventDates: 'all' }> {
  const { engine, tables } = context;
  await engine.showTable(tables.events, state.events);
  await engine.showTable(tables.sessions, undefined);
  await engine.showTable(tables.events, undefined, { kind: 'all' }, 'new_events');
  await engine.stage('touched_sessions', readModel('gold/touched_sessions'));
  await engine.stage('previous_sessions', readModel('gold/previous_sessions'));
  await engine.defineView('session_events', 'SELECT * FROM silver_events');
  return { eventDates: 'all' };
}

/** An increment: the sessions of the new events, from all their events. */
async function stageChanges(
  context: LakeContext,
  state: GoldState,
): Promise<{ eventDates: Set<string> }> {
  const { engine, tables } = context;
  const files = state.newFiles ?? [];
  await engine.showTable(tables.events, state.events, { kind: 'files', files }, 'new_events');
  await engine.stage('touched_sessions', readModel('gold/touched_sessions'));
  const sessions = state.snapshots.get(tables.sessions.name);
  const bySession = await rowsWithKeys(context, sessions, 'session_id', 'touched_sessions');
  await engine.showTable(tables.sessions, sessions, bySession);
  const previousDates = await queryDates(context, readModel('gold/previous_dates'));
  await engine.showTable(tables.sessions, sessions, { kind: 'partitions', values: previousDates });
  await engine.stage('previous_sessions', readModel('gold/previous_sessions'));
  const values = partitionsWithin(
    state.events,
    await engine.query(readModel('gold/dates_to_read')),
  );
  await engine.showTable(tables.events, state.events, { kind: 'partitions', values });
  await engine.stage('session_events', readModel('gold/session_events'));
  const eventDates = new Set(
    files.map((file) => file.partitionValues.event_date).filter((date) => date != null),
  );
  return { eventDates };
}

/** Numbers the sessions of the touched users, and shows the ones of Gold that get another number. */
async function numberSessions(context: LakeContext, state: GoldState): Promise<void> {
  const { engine, tables } = context;
  const isFull = state.newFiles === undefined;
  const sessions = isFull ? undefined : state.snapshots.get(tables.sessions.name);
  const byUser = await rowsWithKeys(context, sessions, 'user_id', 'touched_users');
  await engine.showTable(tables.sessions, sessions, byUser);
  await engine.stage('user_sessions', readModel('gold/user_sessions'));
  await engine.stage('session_numbers', readModel('gold/session_numbers'));
  const values = await queryDates(
    context,
    'SELECT DISTINCT CAST(session_date AS STRING) FROM session_numbers WHERE is_renumbered',
  );
  await engine.showTable(tables.sessions, sessions, { kind: 'partitions', values });
}

/** The table's dates that lie in one of the ranges (first and last date, inclusive). */
function partitionsWithin(
  snapshot: Snapshot,
  ranges: readonly (readonly unknown[])[],
): Set<string> {
  const dates = new Set<string>();
  for (const file of snapshot.files) {
    const date = file.partitionValues.event_date;
    if (date == null || dates.has(date)) continue;
    if (ranges.some(([first, last]) => String(first) <= date && date <= String(last)))
      dates.add(date);
  }
  return dates;
}

interface ConcernedDates {
  event: ReadonlySet<string>;
  /** Dates on which a changed session starts, or started so far. */
  session: ReadonlySet<string>;
}

function allDates({ event, session }: ConcernedDates): Set<string> {
  return new Set([...event, ...session]);
}

async function concernedDates(
  context: LakeContext,
  eventDates: ReadonlySet<string> | 'all',
): Promise<ConcernedDates> {
  const { engine } = context;
  const session = await queryDates(
    context,
    `SELECT DISTINCT CAST(session_date AS STRING) FROM computed_sessions
     UNION SELECT DISTINCT CAST(session_date AS STRING) FROM previous_sessions`,
  );
  const event = eventDates === 'all' ? new Set<string>() : eventDates;
  const values = [...allDates({ event, session })].map((date) => `(DATE '${date}')`).join(', ');
  await engine.stage('concerned_dates', `SELECT date FROM (VALUES ${values}) AS v(date)`);
  return { event, session };
}

/** Shows the events, sessions and event metrics of the dates that are to be computed. */
async function showDays(
  context: LakeContext,
  state: GoldState,
  dates: ConcernedDates | 'all',
): Promise<void> {
  const { engine, tables } = context;
  const sessions = dates === 'all' ? undefined : state.snapshots.get(tables.sessions.name);
  const metrics = dates === 'all' ? undefined : state.snapshots.get(tables.eventMetrics.name);
  const union = dates === 'all' ? new Set<string>() : allDates(dates);
  const eventsOnly = dates === 'all' ? new Set<string>() : dates.event;
  const kept = new Set([...union].filter((date) => !eventsOnly.has(date)));
  const ofDates = (values: ReadonlySet<string>) => ({ kind: 'partitions', values }) as const;
  await engine.showTable(
    tables.events,
    state.events,
    dates === 'all' ? { kind: 'all' } : ofDates(dates.event),
    'day_events',
  );
  await engine.showTable(tables.sessions, sessions, ofDates(union), 'dated_sessions');
  await engine.defineView('day_sessions', readModel('gold/day_sessions'));
  await engine.showTable(tables.eventMetrics, metrics, ofDates(kept), 'kept_event_metrics');
}

/** Names a table's rows; those that are read more than once are computed now and kept. */
async function computeTable(
  context: LakeContext,
  table: TableDefinition,
  isReadAgain: boolean,
): Promise<string> {
  const name = table.name.replace(/^gold_/, 'new_');
  if (table === context.tables.conversionMetrics) {
    await context.engine.defineView('day_event_metrics', readModel('gold/day_event_metrics'));
  }
  const model = readModel(table.root);
  if (isReadAgain) await context.engine.stage(name, model);
  else await context.engine.defineView(name, model);
  return name;
}

const STAGED = [
  'day_event_metrics',
  'day_sessions',
  'day_events',
  'dated_sessions',
  'kept_event_metrics',
  'new_users',
  'new_event_metrics',
  'new_products',
  'new_funnel',
  'new_conversion_metrics',
  'new_sessions',
  'concerned_dates',
  'session_numbers',
  'user_sessions',
  'touched_users',
  'computed_sessions',
  'session_events',
  'previous_sessions',
  'touched_sessions',
  'new_events',
];
