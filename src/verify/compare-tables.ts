/** The checks of one table: compares the recount of the raw lines with the table. */
import {
  type ColumnShape,
  type ColumnType,
  cellText,
  TABLES,
  type TableName,
  type TableShape,
  toCell,
} from './canonical-row.ts';
import { check, type VerifyCheck } from './check.ts';
import type { RecountSession } from './duckdb-contract.ts';
import { findDifference } from './find-difference.ts';
import { typedRows } from './typed-rows.ts';

/** Totals that identify the content of a table. They do not depend on the order of rows. */
export interface TableTotals {
  rowCount: number;
  /** By column. Booleans count as 1; decimals are in units of their last digit. */
  sums: ReadonlyMap<string, bigint>;
  /** Number of rows by value, for columns that are counted. */
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The sum of a 64-bit hash of every row. */
  hash: bigint;
}

/**
 * Compares two relations with the columns of a table. `isLocated`: if rows differ, finds the first
 * difference, which takes longer than everything else.
 */
export async function compareTable(
  session: RecountSession,
  table: TableName,
  sides: { expected: string; actual: string },
  isLocated: boolean,
): Promise<{ checks: VerifyCheck[]; expected: TableTotals; actual: TableTotals }> {
  const shape = TABLES[table];
  const expected = await totalRows(session, shape, sides.expected);
  const actual = await totalRows(session, shape, sides.actual);
  const checks = compareTotals(shape, expected, actual);
  const differs = checks.some(({ isEqual }) => !isEqual);
  const first = differs && isLocated ? await findDifference(session, shape, sides) : undefined;
  return { checks: first === undefined ? checks : [first, ...checks], expected, actual };
}

/** One pass over the rows. */
async function totalRows(
  session: RecountSession,
  shape: TableShape,
  relation: string,
): Promise<TableTotals> {
  const counted = shape.columns.filter(({ isCounted }) => isCounted);
  const summed = shape.columns.filter(({ type }) => SUM_OF[type] !== undefined);
  const names = shape.columns.map(({ name }) => name);
  const groups = counted.map(({ name }) => name);
  const rows = await session.rows(
    `SELECT ${[
      ...groups.map((name) => `CAST(${name} AS VARCHAR)`),
      'count(*)',
      ...summed.map(({ name, type }) => SUM_OF[type]?.(name)),
      `coalesce(sum(CAST(hash(${names.join(', ')}) AS HUGEINT)), 0)`,
    ].join(', ')}
    FROM (${typedRows(shape, relation)})
    ${groups.length === 0 ? '' : `GROUP BY ${groups.join(', ')}`}`,
  );
  const sums = new Map(summed.map(({ name }) => [name, 0n]));
  const counts = new Map(groups.map((name) => [name, new Map<string, number>()]));
  let rowCount = 0;
  let hash = 0n;
  for (const row of rows) {
    const [count, ...numbers] = row.slice(groups.length);
    rowCount += Number(count);
    hash += BigInt(numbers.at(-1) ?? 0);
    for (const [index, { name, type }] of summed.entries()) {
      const sum = toCell(type === 'boolean' ? 'integer' : type, numbers[index] ?? 0);
      sums.set(name, (sums.get(name) ?? 0n) + BigInt(sum ?? 0));
    }
    for (const [index, name] of groups.entries()) {
      const ofColumn = counts.get(name);
      const value = String(row[index]);
      ofColumn?.set(value, (ofColumn.get(value) ?? 0) + Number(count));
    }
  }
  return { rowCount, sums, counts, hash };
}

/** SQL for the sum of a column, for types whose sum is exact. */
const SUM_OF: Readonly<Partial<Record<ColumnType, (column: string) => string>>> = {
  integer: (column) => `sum(${column})`,
  boolean: (column) => `count(*) FILTER (${column})`,
  'decimal(18,2)': (column) => `CAST(sum(${column}) AS VARCHAR)`,
  'decimal(18,3)': (column) => `CAST(sum(${column}) AS VARCHAR)`,
  'decimal(18,10)': (column) => `CAST(sum(${column}) AS VARCHAR)`,
};

/** From coarse to fine; the last check covers every cell of every row. */
function compareTotals(
  shape: TableShape,
  expected: TableTotals,
  actual: TableTotals,
): VerifyCheck[] {
  return [
    check(`${shape.name}: rows`, expected.rowCount, actual.rowCount),
    ...shape.columns.flatMap((column) =>
      column.isCounted
        ? [compareCounts(shape.name, column, expected, actual)]
        : compareSums(shape.name, column, expected, actual),
    ),
    check(`${shape.name}: every row (hash)`, hashText(expected), hashText(actual)),
  ];
}

function compareSums(
  table: string,
  { name, type }: ColumnShape,
  expected: TableTotals,
  actual: TableTotals,
): VerifyCheck[] {
  if (SUM_OF[type] === undefined) {
    return [];
  }
  const what = type === 'boolean' ? 'rows with' : 'sum of';
  const text = ({ sums }: TableTotals): string => {
    const sum = sums.get(name) ?? 0n;
    return type === 'boolean' ? String(sum) : cellText(type, sum);
  };
  return [check(`${table}: ${what} ${name}`, text(expected), text(actual))];
}

/**
 * One check for all values of a column if they agree, else one for the first value that differs.
 */
function compareCounts(
  table: string,
  { name }: ColumnShape,
  expected: TableTotals,
  actual: TableTotals,
): VerifyCheck {
  const none = new Map<string, number>();
  const [left, right] = [expected.counts.get(name) ?? none, actual.counts.get(name) ?? none];
  const values = [...new Set([...left.keys(), ...right.keys()])].sort();
  const differing = values.find((value) => left.get(value) !== right.get(value));
  if (differing === undefined) {
    const amount = values.length === 1 ? '1 value' : `${values.length} values`;
    return check(`${table}: rows by ${name}`, amount, amount);
  }
  const count = (counts: ReadonlyMap<string, number>): number => counts.get(differing) ?? 0;
  return check(`${table}: rows with ${name} ${differing}`, count(left), count(right));
}

/** The hash as text. It does not depend on the order of rows. */
function hashText({ hash }: TableTotals): string {
  return BigInt.asUintN(64, hash).toString(16).padStart(16, '0');
}
