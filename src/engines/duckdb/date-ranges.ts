/**
 * Divides the rows of a table into files by date (`TableDefinition.filesBy`). A reader of some dates
 * then skips most files by their statistics, and a table of many dates with few rows has few files.
 */
import type { AddFile } from '../../delta/actions.ts';
import type { DeltaContext } from '../../delta/context.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { parseStatistics } from '../../delta/statistics.ts';
import { dateSpan, type RowsOfDates, type TableDefinition } from '../table.ts';
import { withQueries } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';
import { selectRows, tableOf } from './table-view.ts';

/** A file is large enough with this many rows: opening it costs as much as reading some thousand. */
const ROWS_PER_FILE = 20_000;

/**
 * Old files that hold the dates of many new ones would be read once for each of them. They get one file again
 * if all rows would be read more often than this. It happens to large tables that had no files by date.
 */
const MOST_READS = 10;

/** Rows to write: those of `from`, and those of `old` files that meet the condition. */
export interface DividedRows {
  table: TableDefinition & { filesBy: string };
  base: Snapshot | undefined;
  from: string;
  old: readonly AddFile[];
  /** SQL; not used without old files. */
  condition: string | undefined;
  /** An upper bound for the rows of `from`. */
  rowCountAtMost: number | undefined;
}

/** A query for the rows of each new file. */
export async function selectByDates(
  connection: SqlConnection,
  delta: DeltaContext,
  rows: DividedRows,
): Promise<string[]> {
  const { table, base, from, old, condition } = rows;
  const column = identifier(table.filesBy);
  const read = (files: readonly AddFile[], columns = table.columns): Promise<string> =>
    selectRows(delta, tableOf(table, base), columns, files);
  const spans = new Map(
    old.map((file) => [file, base && dateSpan(file, base.metadata, table.filesBy)]),
  );
  const filesOf = (range: DateRange | undefined): readonly AddFile[] =>
    old.filter((file) => mayOverlap(spans.get(file), range));
  const selectBetween = async (range: DateRange | undefined): Promise<string> => {
    const inRange = range === undefined ? 'true' : isWithin(column, range);
    const added = `SELECT * FROM ${identifier(from)} WHERE ${inRange}`;
    const files = filesOf(range);
    if (files.length === 0) {
      return added;
    }
    const kept = `SELECT * FROM (${await read(files)}) WHERE ${inRange} AND ${condition}`;
    return `${kept} UNION ALL BY NAME ${added}`;
  };
  if (rowCountOf(old, base) + (rows.rowCountAtMost ?? Number.POSITIVE_INFINITY) <= ROWS_PER_FILE) {
    return [await selectBetween(undefined)];
  }
  const dates = table.columns.filter(({ name }) => name === table.filesBy);
  const all = `SELECT ${column} AS d FROM (${await read(old, dates)}) UNION ALL SELECT ${column} FROM ${identifier(from)}`;
  const counts = await connection.rows(
    withQueries(
      connection,
      `SELECT CAST(d AS VARCHAR), count(*) FROM (${all}) WHERE d IS NOT NULL GROUP BY d ORDER BY d`,
    ),
  );
  const ranges = divide(counts.map(([date, count]) => [String(date), Number(count)]));
  const rowsRead = rowCountOf(ranges.flatMap(filesOf), base);
  const isReadOften = old.length > 0 && rowsRead > MOST_READS * rowCountOf(old, base);
  return ranges.length < 2 || isReadOften
    ? [await selectBetween(undefined)]
    : await Promise.all(ranges.map(selectBetween));
}

/**
 * The old files to rewrite: `found`, and of a table with files by date the newest one if it is small
 * and all dates come after it.
 */
export function withSmallNeighbor(
  found: readonly AddFile[],
  { filesBy }: TableDefinition,
  base: Snapshot | undefined,
  on: RowsOfDates | undefined,
): readonly AddFile[] {
  if (filesBy === undefined || base === undefined || on === undefined) {
    return found;
  }
  let newest: { file: AddFile; last: string; rowCount: number | undefined } | undefined;
  for (const file of base.files) {
    const span = dateSpan(file, base.metadata, on.column);
    if (span !== undefined && (newest === undefined || span.last > newest.last)) {
      newest = { file, ...span };
    }
  }
  if (newest === undefined || found.includes(newest.file)) {
    return found;
  }
  const { file, last, rowCount = ROWS_PER_FILE } = newest;
  const isJoined = rowCount < ROWS_PER_FILE && [...on.dates].every((date) => date > last);
  return isJoined ? [...found, file] : found;
}

/** The files of each file that `compact` writes: neighbors by date that are small. */
export function smallNeighbors(snapshot: Snapshot, column: string): AddFile[][] {
  const files = snapshot.files
    .map((file) => ({ file, ...dateSpan(file, snapshot.metadata, column) }))
    .sort((a, b) => ((a.first ?? '') < (b.first ?? '') ? -1 : 1));
  const bins: AddFile[][] = [];
  let bin: { files: AddFile[]; rowCount: number } | undefined;
  for (const { file, rowCount = ROWS_PER_FILE } of files) {
    if (rowCount >= ROWS_PER_FILE) {
      bin = undefined;
      continue;
    }
    if (bin === undefined || bin.rowCount >= ROWS_PER_FILE) {
      bin = { files: [], rowCount: 0 };
      bins.push(bin.files);
    }
    bin.files.push(file);
    bin.rowCount += rowCount;
  }
  return bins.filter((each) => each.length > 1);
}

interface DateRange {
  first: string;
  last: string;
  /** Rows without a date belong to the first range. */
  isFirst: boolean;
}

function isWithin(column: string, { first, last, isFirst }: DateRange): string {
  const between = `${column} BETWEEN DATE '${first}' AND DATE '${last}'`;
  return isFirst ? `(${between} OR ${column} IS NULL)` : between;
}

/** A date with many rows is a range of its own; others share ranges of about `ROWS_PER_FILE` rows. */
function divide(counts: readonly (readonly [date: string, count: number])[]): DateRange[] {
  const ranges: DateRange[] = [];
  let open: (DateRange & { rowCount: number }) | undefined;
  for (const [date, count] of counts) {
    if (open === undefined || Math.max(open.rowCount, count) >= ROWS_PER_FILE) {
      open = { first: date, last: date, isFirst: ranges.length === 0, rowCount: 0 };
      ranges.push(open);
    }
    open.last = date;
    open.rowCount += count;
  }
  return ranges;
}

function mayOverlap(
  span: { first: string; last: string } | undefined,
  range: DateRange | undefined,
): boolean {
  return (
    range === undefined ||
    span === undefined ||
    (span.first <= range.last && range.first <= span.last)
  );
}

function rowCountOf(files: readonly AddFile[], base: Snapshot | undefined): number {
  return files.reduce((sum, { stats }) => {
    const rowCount = base && parseStatistics(stats, base.metadata.schema)?.rowCount;
    return sum + (rowCount ?? Number.POSITIVE_INFINITY);
  }, 0);
}
