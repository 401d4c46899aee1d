/** Reads one session and its events, from only those files of Silver that may contain them. */
import { fileMayContain } from '../delta/pruning.ts';
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import { parseTimestamp } from '../delta/values.ts';
import { type LakeContext, loadTable } from './context.ts';
import { toQueryRow } from './query.ts';
import type { QueryRow } from './reports.ts';
import { textLiteral } from './sql-literal.ts';

export interface SessionEvents {
  /** The row of gold_sessions. */
  session: QueryRow;
  /**
   * The rows of silver_events in order of time; null: the files that may contain them are larger than
   * `maxFileBytes` together, because the session spans months.
   */
  events: QueryRow[] | null;
}

export interface SessionLimits {
  maxEvents: number;
  /** Default: no limit. */
  maxFileBytes?: number;
}

const SESSION = 'session_looked_at';
const EVENTS = 'events_of_session_dates';

/** Undefined: there is no such session. */
export async function readSessionEvents(
  context: LakeContext,
  id: string,
  limits: SessionLimits,
): Promise<SessionEvents | undefined> {
  const session = await findSession(context, id);
  if (session === undefined) {
    return undefined;
  }
  const snapshot = await loadTable(context, context.tables.events);
  const files = filesWithin(snapshot, session);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (sizeBytes > (limits.maxFileBytes ?? Number.POSITIVE_INFINITY)) {
    return { session, events: null };
  }
  return { session, events: await readEvents(context, { session, snapshot, files }, limits) };
}

async function findSession(context: LakeContext, id: string): Promise<QueryRow | undefined> {
  const { sessions } = context.tables;
  const among = `(SELECT ${textLiteral(id)} AS session_id) AS wanted`;
  await context.engine.session.showTable(
    sessions,
    await loadTable(context, sessions),
    { kind: 'keys', column: 'session_id', among, on: undefined },
    SESSION,
  );
  const [session] = await queryRows(
    context,
    `SELECT session_id, derived_from, visitor_id, channel, event_count, started_at, ended_at
     FROM ${SESSION} WHERE session_id = ${textLiteral(id)}`,
  );
  return session;
}

/** Selects files by date and time range, using the statistics in the log. */
function filesWithin(snapshot: Snapshot | undefined, session: QueryRow): readonly AddFile[] {
  if (snapshot === undefined) {
    return [];
  }
  const { from, to } = timesOf(session);
  const ranges = [
    { column: 'event_date', from: from.slice(0, 10), to: to.slice(0, 10) },
    { column: 'event_timestamp', from: microsOf(from), to: microsOf(to) },
  ];
  return snapshot.files.filter((file) =>
    ranges.every((range) => fileMayContain(file, snapshot.metadata, range)),
  );
}

async function readEvents(
  context: LakeContext,
  of: { session: QueryRow; snapshot: Snapshot | undefined; files: readonly AddFile[] },
  { maxEvents }: SessionLimits,
): Promise<QueryRow[]> {
  const { engine, storage, tables } = context;
  const { session, snapshot, files } = of;
  const { from, to } = timesOf(session);
  try {
    await engine.session.showTable(tables.events, snapshot, { kind: 'files', files }, EVENTS);
    return await queryRows(
      context,
      `SELECT event_timestamp, event_type, page_url, product_id, order_id,
         CAST(price AS STRING) AS price, quantity
       FROM ${EVENTS}
       WHERE event_timestamp BETWEEN ${instant(from)} AND ${instant(to)}
         AND event_type <> 'refund' AND ${ownerCondition(session)}
       ORDER BY event_timestamp, event_id LIMIT ${maxEvents}`,
    );
  } finally {
    await engine.session.drop([EVENTS]);
    const { root } = tables.events;
    await Promise.all(files.map((file) => storage.release(`${root}/${file.path}`, file)));
  }
}

async function queryRows({ engine }: LakeContext, sql: string): Promise<QueryRow[]> {
  const { columns, batches } = await engine.session.queryNamed(sql);
  const rows: QueryRow[] = [];
  for await (const batch of batches) {
    rows.push(...batch.map((row) => toQueryRow(columns, row)));
  }
  return rows;
}

/** A sent session id that looks like a derived one has the prefix session_id= in Gold. */
function ownerCondition({ session_id: id, derived_from: owner }: QueryRow): string {
  if (owner === null) {
    const sent = textLiteral(String(id));
    return `(session_id = ${sent} OR 'session_id=' || session_id = ${sent})`;
  }
  const wanted = textLiteral(String(owner));
  return `CASE WHEN anonymous_id IS NULL THEN 'user_id=' || user_id ELSE 'anonymous_id=' || anonymous_id END = ${wanted}`;
}

function timesOf({ started_at, ended_at }: QueryRow): { from: string; to: string } {
  return { from: String(started_at), to: String(ended_at) };
}

function microsOf(time: string): bigint {
  const micros = parseTimestamp(time);
  if (micros === undefined) {
    throw new Error(`gold_sessions has the invalid time ${time}`);
  }
  return micros;
}

function instant(time: string): string {
  return `CAST(${textLiteral(time)} AS TIMESTAMP_LTZ)`;
}
