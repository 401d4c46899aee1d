/** Runs the user's SQL over the tables of the lake. */
import { findNearest } from '../config/nearest.ts';
import type { SnapshotSelector } from '../delta/snapshot.ts';
import type { Row } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable, stopIfAborted } from './context.ts';
import { describeTable } from './data-dictionary.ts';
import { toJsonValue } from './json-values.ts';
import type { QueryResult, QueryRow, QueryStream } from './reports.ts';
import { listTables } from './tables.ts';

export interface QueryOptions {
  /** Reads every table of the statement at this version or time. */
  asOf?: SnapshotSelector;
}

/**
 * Runs one read-only statement. Tables that do not exist yet are empty. Throws `unknown_table`,
 * `query_failed` or `not_found`.
 */
export async function query(
  context: LakeContext,
  sql: string,
  options: QueryOptions,
): Promise<QueryResult> {
  const { columns, batches } = await queryBatches(context, sql, options);
  const rows: QueryRow[] = [];
  for await (const batch of batches) {
    rows.push(...batch);
  }
  return { columns, rows };
}

/** Like `query`, but streams the result. */
export async function queryBatches(
  context: LakeContext,
  sql: string,
  options: QueryOptions,
): Promise<QueryStream> {
  const described = describe(context, sql);
  if (described !== undefined) {
    return described;
  }
  for (const table of listTables(context.tables)) {
    if (!sql.toLowerCase().includes(table.name)) {
      continue;
    }
    await context.engine.session.showTable(table, await loadTable(context, table, options.asOf));
  }
  const { columns, batches } = await context.engine.session
    .queryNamed(sql, context.signal)
    .catch((error: unknown) => {
      throw explain(context, error);
    });
  return { columns, batches: toRows(context, columns, batches) };
}

async function* toRows(
  context: LakeContext,
  columns: QueryStream['columns'],
  batches: AsyncIterable<Row[]>,
): QueryStream['batches'] {
  for await (const batch of batches) {
    stopIfAborted(context.signal);
    yield batch.map((row) => toQueryRow(columns, row));
  }
}

/** Converts a row of the engine to a JSON object with the column names as keys. */
export function toQueryRow(columns: QueryStream['columns'], row: Row): QueryRow {
  return Object.fromEntries(columns.map(({ name }, index) => [name, toJsonValue(row[index])]));
}

/**
 * Answers `SHOW TABLES` and `DESCRIBE` from the data dictionary; undefined for other statements.
 */
function describe(context: LakeContext, sql: string): QueryStream | undefined {
  const tables = listTables(context.tables);
  if (/^\s*show\s+(?:all\s+)?tables\s*;?\s*$/i.test(sql)) {
    return textStream(
      ['name', 'meaning'],
      tables.map((table) => [table.name, describeTable(table).summary]),
    );
  }
  const [, name] = /^\s*(?:describe|desc|show)\s+(?:table\s+)?"?(\w+)"?\s*;?\s*$/i.exec(sql) ?? [];
  const table = tables.find((each) => each.name === name?.toLowerCase());
  if (table === undefined) {
    return undefined;
  }
  return textStream(
    ['column_name', 'column_type', 'null', 'meaning'],
    describeTable(table).columns.map((column) => [
      column.name,
      column.type,
      column.nullable ? 'YES' : 'NO',
      column.description,
    ]),
  );
}

function textStream(names: readonly string[], rows: readonly (readonly string[])[]): QueryStream {
  return {
    columns: names.map((name) => ({ name, type: 'VARCHAR' })),
    batches: (async function* () {
      yield rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
    })(),
  };
}

function explain(context: LakeContext, error: unknown): unknown {
  if (!(error instanceof ClicklakeError)) {
    return error;
  }
  const name = unknownTable(error);
  if (name === undefined) {
    return error;
  }
  const names = listTables(context.tables).map((table) => table.name);
  // Many leave out the layer: orders for gold_orders.
  const short = new Map(names.map((each) => [each.slice(each.indexOf('_') + 1), each]));
  const meant = findNearest(name, names) ?? short.get(findNearest(name, short.keys()) ?? '');
  const hint = `${meant === undefined ? '' : `did you mean ${meant}? `}the tables are ${names.join(', ')}`;
  return new ClicklakeError('unknown_table', `there is no table ${name}`, { hint, cause: error });
}

/** The name of the table that the engine does not find; undefined: it is another error. */
function unknownTable({ code, message }: ClicklakeError): string | undefined {
  const found = /^there is no table (.+)$|Table with name (.+?) does not exist/i.exec(message);
  return code === 'unknown_table' || code === 'query_failed'
    ? (found?.[1] ?? found?.[2])
    : undefined;
}
