/** The writer on Spark: its own Delta Lake writes and commits, each write exactly once (see write.ts). */
import { randomUUID } from 'node:crypto';
import type { RowsOfDates, TableDefinition } from '../table.ts';
import { withProperties } from '../table-metadata.ts';
import type {
  Draft,
  MergeRequest,
  PlannedWrite,
  TableWriter,
  WriteRequest,
  WriteResult,
} from '../writer.ts';
import { compact } from './compact.ts';
import { type CatalogPlace, registerTables } from './register-tables.ts';
import { deferView } from './session.ts';
import type { NeededRows, SmallWrites } from './small-writes.ts';
import { identifier, sparkType } from './sql-text.ts';
import type { Staging } from './staging.ts';
import { isInPartitions, selectNothing, typeOf } from './table-view.ts';
import { type SparkTables, type StatementParts, type TableWrite, writeTable } from './write.ts';

/** Of Parquet files: their rows take longer to fetch than files of them take to write. */
const MANY_ROWS_BYTES = 1024 * 1024;

/** `catalog`: where tables are named when a run is done; undefined: nowhere. */
export function openWriter(
  tables: SparkTables,
  staging: Staging,
  small: SmallWrites,
  catalog: CatalogPlace | undefined,
): TableWriter {
  const hasNoRows = (name: string): boolean => staging.rowCountOf(name) === 0;
  /** Nothing gives way to the rows. */
  const fill = (request: WriteRequest, isWhole: boolean): Promise<WriteResult> =>
    writeTable(tables, {
      ...request,
      ...appending(request),
      ...{ isWhole, guard: 'files', changesNothing: hasNoRows(request.from) },
    });
  return {
    commitsRows: true,
    async append(request) {
      const changesNothing = request.rowCountAtMost === 0 || hasNoRows(request.from);
      const written = changesNothing
        ? undefined
        : await small.write(touchedBy(request), [rowsOf(request)], (w) => w.append(request));
      return (
        written ?? (await writeTable(tables, { ...request, ...appending(request), changesNothing }))
      );
    },
    async merge(request) {
      if (isWithoutFiles(request)) {
        return await fill(request, false);
      }
      const changesNothing = hasNoRows(request.from) && hasNoRows(request.keys);
      const needed =
        request.keys === request.from ? [rowsOf(request)] : [rowsOf(request), keysOf(request)];
      const written = changesNothing
        ? undefined
        : await small.write(touchedBy(request), needed, (w) => w.merge(request));
      return (
        written ??
        (await writeTable(tables, {
          ...{ ...request, isWhole: false, guard: 'files', changesNothing },
          statement: (parts) =>
            request.table.filesBy !== undefined && request.on?.column === request.table.filesBy
              ? rewriteStatement(parts, request, request.on)
              : mergeStatement(parts, request),
        }))
      );
    },
    async prepareWrites(writes) {
      const ours = writes.filter((write) => small.isFor(touchedBy(write)));
      const names = ours.flatMap(({ from, keys }) => (keys === undefined ? [from] : [from, keys]));
      const large = ours.filter(replacesMuch).map(({ from }) => from);
      await staging.fetch([...new Set(names)], new Set(large));
    },
    replace: async (request) =>
      isWithoutFiles(request)
        ? await fill(request, request.rows === 'all')
        : ((await small.write(touchedBy(request), [rowsOf(request)], (w) => w.replace(request))) ??
          (await writeTable(tables, { ...request, ...replacing(request) }))),
    beginDraft: (table) => beginDraft(tables, staging, table),
    compact: (request) => compact(tables, request),
    registerTables: async (named) =>
      catalog === undefined
        ? []
        : await registerTables(tables.connection, tables.lake, catalog, named),
  };
}

/** The files of the table that a write of ours would read, and write again. */
function touchedBy({ base, rows, keys, on }: PlannedWrite): Parameters<SmallWrites['isFor']>[0] {
  if (keys !== undefined) {
    return { base, touched: on ?? 'all' };
  }
  const isWithinFiles =
    rows !== undefined && rows !== 'all' && base?.metadata.partitionColumns[0] !== rows.column;
  return { base, touched: isWithinFiles ? rows : 'none' };
}

/** The rows that replace a whole table are about as many as it has. */
function replacesMuch({ base, rows }: PlannedWrite): boolean {
  const files = rows === 'all' ? (base?.files ?? []) : [];
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > MANY_ROWS_BYTES;
}

function rowsOf({ from, table }: WriteRequest): NeededRows {
  return { name: from, columns: table.columns };
}

function keysOf({ keys, key, table }: MergeRequest): NeededRows {
  return { name: keys, columns: table.columns.filter(({ name }) => name === key) };
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
      const whole = replacing({ table, from: name, rows: 'all' });
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

function appending({
  table,
  from,
}: Pick<WriteRequest, 'table' | 'from'>): Pick<TableWrite, 'isWhole' | 'guard' | 'statement'> {
  return {
    isWhole: false,
    guard: 'rows',
    statement: ({ target, columns, selected, guard, base }) =>
      `INSERT INTO ${target} (${columns.map(identifier).join(', ')})
       SELECT ${selected} FROM (SELECT ${together(table, base)} * FROM ${identifier(from)}) WHERE ${guard}`,
  };
}

function replacing({
  table,
  from,
  rows,
}: {
  table: TableDefinition;
  from: string;
  rows: 'all' | RowsOfDates;
}): Pick<TableWrite, 'isWhole' | 'guard' | 'statement'> {
  return {
    isWhole: rows === 'all',
    guard: 'files',
    statement: ({ target, selected, guard, base }) => {
      const source = `SELECT ${selected} FROM (SELECT ${together(table, base)} * FROM ${identifier(from)}) WHERE ${guard}`;
      return rows === 'all'
        ? `INSERT OVERWRITE ${target} ${source}`
        : `INSERT INTO ${target} REPLACE WHERE ${isInPartitions(rows.column, 'date', rows.dates)} ${source}`;
    },
  };
}

/** Rows of a partition or date go to one file, not one for every task. */
function together({ filesBy }: TableDefinition, base: StatementParts['base']): string {
  if (filesBy !== undefined) {
    return `/*+ REPARTITION_BY_RANGE(${identifier(filesBy)}) */`;
  }
  const { partitionColumns } = base.metadata;
  return partitionColumns.length === 0
    ? ''
    : `/*+ REBALANCE(${partitionColumns.map(identifier).join(', ')}) */`;
}

/**
 * A merge that keeps each date's rows together. Files that MERGE writes would mix the dates of the
 * table, and no reader of a date could skip one.
 */
function rewriteStatement(
  { target, base, columns, selected, guard }: StatementParts,
  { table, from, key, keys }: MergeRequest,
  on: RowsOfDates,
): string {
  const k = identifier(key);
  const names = columns.map(identifier).join(', ');
  const isOn = isInPartitions(on.column, 'date', on.dates);
  return `INSERT INTO ${target} REPLACE WHERE ${isOn}
    SELECT * FROM (SELECT ${together(table, base)} * FROM (
      SELECT ${names} FROM ${target} VERSION AS OF ${base.version} AS t
      LEFT ANTI JOIN ${identifier(keys)} AS gone ON gone.${k} = t.${k} WHERE ${isOn}
      UNION ALL SELECT ${selected} FROM ${identifier(from)}
    )) WHERE ${guard}`;
}

/**
 * Several rows may have one key, in the table and among the new ones: what has a key goes by the key
 * alone, and the new rows match nothing.
 */
function mergeStatement(
  { target, base, columns, selected, guard }: StatementParts,
  { from, key, keys, on }: MergeRequest,
): string {
  const k = identifier(key);
  const nullOf = (name: string): string => `CAST(NULL AS ${sparkType(typeOf(base, name))})`;
  const nulls = columns.map((name) => `${nullOf(name)} AS ${identifier(name)}`);
  const where = on === undefined ? '' : ` AND ${isInPartitions(on.column, 'date', on.dates, 't.')}`;
  return `MERGE INTO ${target} AS t USING (SELECT * FROM (
      SELECT ${selected}, ${nullOf(key)} AS merge_key FROM ${identifier(from)}
      UNION ALL
      SELECT ${nulls.join(', ')}, ${k} AS merge_key FROM (SELECT DISTINCT ${k} FROM ${identifier(keys)} WHERE ${k} IS NOT NULL)
    ) WHERE ${guard}) AS s
    ON t.${k} = s.merge_key${where}
    WHEN MATCHED THEN DELETE
    WHEN NOT MATCHED AND s.merge_key IS NULL THEN INSERT (${columns.map(identifier).join(', ')})
      VALUES (${columns.map((name) => `s.${identifier(name)}`).join(', ')})`;
}
