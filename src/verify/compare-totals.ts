/** The checks of one table: what the raw lines come to against what the table holds. */
import { type ColumnShape, cellText } from './canonical-row.ts';
import { hashText64, sumOf, type TableTotals } from './table-totals.ts';

export interface VerifyCheck {
  /** What is compared, a short phrase that begins with the table. */
  name: string;
  /** From the raw lines. */
  expected: string;
  /** From the tables. */
  actual: string;
  isEqual: boolean;
}

export function check(name: string, expected: unknown, actual: unknown): VerifyCheck {
  const texts = { expected: String(expected), actual: String(actual) };
  return { name, ...texts, isEqual: texts.expected === texts.actual };
}

/** From the coarse to the fine; the last one covers every cell of every row. */
export function compareTotals(expected: TableTotals, actual: TableTotals): VerifyCheck[] {
  const table = expected.shape.name;
  return [
    check(`${table}: rows`, expected.rowCount, actual.rowCount),
    ...expected.shape.columns.flatMap((column, index) => [
      ...compareCounts(table, column, expected.counts[index], actual.counts[index]),
      ...compareSums(table, column, index, expected, actual),
    ]),
    check(`${table}: every row (hash)`, hashText64(expected), hashText64(actual)),
  ];
}

function compareSums(
  table: string,
  { name, type, isCounted }: ColumnShape,
  index: number,
  expected: TableTotals,
  actual: TableTotals,
): VerifyCheck[] {
  const sumExpected = expected.sums[index];
  const sumActual = actual.sums[index];
  if (sumExpected === undefined || sumActual === undefined || isCounted) return [];
  const what = type === 'boolean' ? 'rows with' : 'sum of';
  const text = (sum: bigint): string => (type === 'boolean' ? String(sum) : cellText(type, sum));
  return [check(`${table}: ${what} ${name}`, text(sumOf(sumExpected)), text(sumOf(sumActual)))];
}

/** One check for all values of a column when they agree, one for the first value that does not. */
function compareCounts(
  table: string,
  { name }: ColumnShape,
  expected: ReadonlyMap<string, number> | undefined,
  actual: ReadonlyMap<string, number> | undefined,
): VerifyCheck[] {
  if (expected === undefined || actual === undefined) return [];
  const values = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  const differing = values.find((value) => expected.get(value) !== actual.get(value));
  if (differing === undefined) {
    const amount = values.length === 1 ? '1 value' : `${values.length} values`;
    return [check(`${table}: rows by ${name}`, amount, amount)];
  }
  const count = (counts: ReadonlyMap<string, number>): number => counts.get(differing) ?? 0;
  return [check(`${table}: rows with ${name} ${differing}`, count(expected), count(actual))];
}
