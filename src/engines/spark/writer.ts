/** The writer on Spark: its own Delta Lake writes and commits, each write exactly once (see write.ts). */
import { randomUUID } from 'node:crypto';
import type { TableDefinition } from '../table.ts';
import { withProperties } from '../table-metadata.ts';
import type {
  Draft,
  MergeRequest,
  RowsOfDates,
  TableWriter,
  WriteRequest,
  WriteResult,
} from '../writer.ts';
import { compact } from './compact.ts';
import { type CatalogPlace, registerTables } from './register-tables.ts';
import { deferView } from './session.ts';
import { identifier } from './sql-text.ts';
import type { Staging } from './staging.ts';
import { isInPartitions, selectNothing } from './table-view.ts';
import { type SparkTables, type StatementParts, type TableWrite, writeTable } from './write.ts';

/** `catalog`: where tables are named when a run is done; undefined: nowhere. */
export function openWriter(
  tables: SparkTables,
  staging: Staging,
  catalog: CatalogPlace | undefined,
): TableWriter {
  /** Sources of merges that are kept already. */
  let prepared = new Set<string>();
  const hasNoRows = (name: string): boolean => staging.rowCountOf(name) === 0;
  /** Nothing gives way to the rows. */
  const fill = (request: WriteRequest, isWhole: boolean): Promise<WriteResult> =>
    writeTable(tables, {
      ...request,
      ...appending(request.from),
      ...{ isWhole, guard: 'files', changesNothing: hasNoRows(request.from) },
    });
  return {
    commitsRows: true,
    append: (request) =>
      writeTable(tables, {
        ...request,
        ...appending(request.from),
        changesNothing: request.rowCountAtMost === 0 || hasNoRows(request.from),
      }),
    async merge(request) {
      const { from, keys } = request;
      if (isWithoutFiles(request)) {
        return await fill(request, false);
      }
      // A join in the source would keep Spark from reading the table in the guard.
      const source = from === keys ? from : sourceName(request);
      if (from !== keys && !prepared.delete(source)) {
        await staging.stage(source, mergeSource(request));
      }
      const result = await writeTable(tables, {
        ...request,
        isWhole: false,
        guard: 'files',
        changesNothing: hasNoRows(source),
        statement: (parts) => mergeStatement(parts, request, source),
      });
      staging.drop([source].filter((name) => name !== from));
      return result;
    },
    async prepareMerges(requests) {
      const sources = requests
        .filter((request) => request.from !== request.keys && !isWithoutFiles(request))
        .map((request) => ({ name: sourceName(request), sql: mergeSource(request) }));
      prepared = new Set(sources.map(({ name }) => name));
      await staging.computeTogether(sources, []);
    },
    replace: (request) =>
      isWithoutFiles(request)
        ? fill(request, request.rows === 'all')
        : writeTable(tables, { ...request, ...replacing(request) }),
    beginDraft: (table) => beginDraft(tables, staging, table),
    compact: (request) => compact(tables, request),
    registerTables: async (named) =>
      catalog === undefined
        ? []
        : await registerTables(tables.connection, tables.lake, catalog, named),
  };
}

function isWithoutFiles({ base }: WriteRequest): boolean {
  return base === undefined || base.files.length === 0;
}

/** A draft that is abandoned and started again is a new one. */
function beginDraft(tables: SparkTables, staging: Staging, table: TableDefinition): Draft {
  const { connection } = tables;
  const name = `draft_${randomUUID().slice(0, 8)}_of_${table.name}`;
  let rowCount = 0;
  return {
    table,
    async add(from) {
      const [count] = await connection.rows(`SELECT count(*) FROM ${identifier(from)}`);
      const columns = table.columns.map((column) => identifier(column.name)).join(', ');
      await staging.extend(name, `SELECT ${columns} FROM ${identifier(from)}`);
      rowCount += Number(count?.[0]);
    },
    async show(partitions, shownAs) {
      const rows =
        rowCount === 0 ? selectNothing(table.columns) : selectDraft(table, name, partitions);
      deferView(connection, shownAs, rows);
    },
    async publish(request, properties = {}) {
      if (rowCount === 0) {
        deferView(connection, name, selectNothing(table.columns));
      }
      const whole = replacing({ from: name, rows: 'all' });
      const result = await writeTable(tables, {
        ...request,
        ...whole,
        table: withProperties(table, properties),
      });
      if (result.kind === 'committed') {
        staging.drop([name]);
      }
      return result;
    },
  };
}

function selectDraft(
  { columns, partitionBy }: TableDefinition,
  name: string,
  partitions: ReadonlySet<string> | undefined,
): string {
  const column = columns.find((each) => each.name === partitionBy[0]);
  const where =
    partitions === undefined || column === undefined
      ? ''
      : ` WHERE ${isInPartitions(column.name, column.type, partitions)}`;
  return `SELECT * FROM ${identifier(name)}${where}`;
}

function appending(from: string): Pick<TableWrite, 'isWhole' | 'guard' | 'statement'> {
  return {
    isWhole: false,
    guard: 'rows',
    statement: ({ target, columns, selected, guard, base }) =>
      `INSERT INTO ${target} (${columns.map(identifier).join(', ')})
       SELECT ${selected} FROM (SELECT ${together(base)} * FROM ${identifier(from)}) WHERE ${guard}`,
  };
}

function replacing({
  from,
  rows,
}: {
  from: string;
  rows: 'all' | RowsOfDates;
}): Pick<TableWrite, 'isWhole' | 'guard' | 'statement'> {
  return {
    isWhole: rows === 'all',
    guard: 'files',
    statement: ({ target, selected, guard, base }) => {
      const source = `SELECT ${selected} FROM (SELECT ${together(base)} * FROM ${identifier(from)}) WHERE ${guard}`;
      return rows === 'all'
        ? `INSERT OVERWRITE ${target} ${source}`
        : `INSERT INTO ${target} REPLACE WHERE ${isInPartitions(rows.column, 'date', rows.dates)} ${source}`;
    },
  };
}

/** Rows of a partition go to one file, not one for every task. */
function together(base: StatementParts['base']): string {
  const { partitionColumns } = base.metadata;
  return partitionColumns.length === 0
    ? ''
    : `/*+ REBALANCE(${partitionColumns.map(identifier).join(', ')}) */`;
}

function sourceName({ table }: MergeRequest): string {
  return `clicklake_merge_source_of_${table.name}`;
}

/** The rows, and the keys without a row, whose other columns are null. */
function mergeSource({ from, key, keys }: MergeRequest): string {
  const k = identifier(key);
  return `SELECT r.*, COALESCE(k.${k}, r.${k}) AS merge_key FROM ${identifier(from)} AS r
    FULL OUTER JOIN (SELECT DISTINCT ${k} FROM ${identifier(keys)}) AS k ON k.${k} = r.${k}`;
}

function mergeStatement(
  { target, base, columns, selected, guard }: StatementParts,
  { from, key, partitions }: MergeRequest,
  source: string,
): string {
  const k = identifier(key);
  const mergeKey = source === from ? k : 'merge_key';
  const [partition] = base.metadata.partitionColumns;
  const field = base.metadata.schema.fields.find(({ name }) => name === partition);
  const where =
    partitions === undefined || partition === undefined
      ? ''
      : ` AND ${isInPartitions(partition, String(field?.type), partitions, 't.')}`;
  const assigned = columns.map((name) => `t.${identifier(name)} = s.${identifier(name)}`);
  return `MERGE INTO ${target} AS t USING (SELECT ${selected}, ${mergeKey} AS merge_key FROM ${identifier(source)} WHERE ${guard}) AS s
    ON t.${k} = s.merge_key${where}
    WHEN MATCHED AND s.${k} IS NULL THEN DELETE
    WHEN MATCHED THEN UPDATE SET ${assigned.join(', ')}
    WHEN NOT MATCHED AND s.${k} IS NOT NULL THEN INSERT (${columns.map(identifier).join(', ')})
      VALUES (${columns.map((name) => `s.${identifier(name)}`).join(', ')})`;
}
