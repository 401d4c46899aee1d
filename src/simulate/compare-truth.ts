/**
 * Compares a lake exactly with the truth of its simulation: every number in `truth.json`. The truth was
 * counted from the visitors' acts, the lake from the lines.
 */
import { type ExpectedTable, expectedTables, type Value } from './expected-tables.ts';
import type { Truth } from './truth.ts';

/** The lake as the comparison uses it; the pipeline's `Lake` implements it. */
export interface ComparedLake {
  status(): Promise<{
    bronze: { files: number };
    pending: { files: number };
    outcomes: { lines: number; duplicates: number };
    isGoldCurrent: boolean;
  }>;
  /** The rows of one SELECT: decimals and dates as text, integers as numbers. */
  queryBatches(
    sql: string,
    options: Record<never, never>,
  ): Promise<{ batches: AsyncIterable<Record<string, unknown>[]> }>;
}

export interface TruthReport {
  simulation: Pick<Truth['simulation'], 'seed' | 'start' | 'end'>;
  /** Lines and files, as the truth has them and as they are in the lake. */
  lines: { expected: number; found: number };
  files: { expected: number; found: number };
  /** No files are pending. */
  isCurrent: boolean;
  /** How many numbers were compared, and how many differed. */
  tables: { table: string; numbers: number; differences: number }[];
  /** The first of each table, in the order of the truth. */
  differences: TruthDifference[];
  durationMs: number;
}

export interface TruthDifference {
  table: string;
  /** Names the row; empty for what is about the whole table. */
  key: Record<string, Value>;
  /** `row` where a whole row is missing or too many. */
  column: string;
  expected: Value;
  found: Value;
}

/** Maximum number of differences kept per table. */
const MOST_DIFFERENCES = 20;

/** Reads all Gold tables and what is needed of the others. Changes nothing. */
export async function compareTruth(
  truth: Truth,
  lake: ComparedLake,
  onTable: (table: string) => void = () => {},
): Promise<TruthReport> {
  const startedAt = performance.now();
  const { bronze, pending, outcomes, isGoldCurrent } = await lake.status();
  const findings = new Map<string, Findings>();
  const findingsOf = (table: string): Findings => {
    const known = findings.get(table) ?? createFindings(table);
    findings.set(table, known);
    return known;
  };
  findingsOf('bronze_files').compare({}, 'lines', truth.lines.received, outcomes.lines);
  findingsOf('silver_events').compare(
    {},
    'duplicates',
    truth.lines.duplicates,
    outcomes.duplicates,
  );
  for (const expected of expectedTables(truth)) {
    onTable(expected.table);
    await compareTable(expected, lake, findingsOf(expected.table));
  }
  const { seed, start, end } = truth.simulation;
  const all = [...findings.values()];
  return {
    simulation: { seed, start, end },
    lines: { expected: truth.lines.received, found: outcomes.lines },
    files: { expected: truth.lines.files.length, found: bronze.files },
    isCurrent: pending.files === 0 && isGoldCurrent,
    tables: all.map(({ count }) => ({ ...count })),
    differences: all.flatMap(({ first }) => first()),
    durationMs: performance.now() - startedAt,
  };
}

interface Findings {
  count: TruthReport['tables'][number];
  /** `place`: of the row in the truth, so that the first differences can be told. */
  compare(
    key: Record<string, Value>,
    column: string,
    expected: Value,
    found: Value,
    place?: number,
  ): void;
  first(): TruthDifference[];
}

function createFindings(table: string): Findings {
  const count = { table, numbers: 0, differences: 0 };
  let kept: { place: number; difference: TruthDifference }[] = [];
  const sortKept = () => {
    kept = kept.sort((a, b) => a.place - b.place).slice(0, MOST_DIFFERENCES);
    return kept.map(({ difference }) => difference);
  };
  return {
    count,
    compare(key, column, expected, found, place = -1) {
      count.numbers += 1;
      if (expected === found) {
        return;
      }
      count.differences += 1;
      kept.push({ place, difference: { table, key, column, expected, found } });
      if (kept.length > 50 * MOST_DIFFERENCES) {
        sortKept();
      }
    },
    first: sortKept,
  };
}

async function compareTable(
  expected: ExpectedTable,
  lake: ComparedLake,
  findings: Findings,
): Promise<void> {
  const { keys, columns } = expected;
  const waiting = new Map<string, { place: number; row: readonly Value[] }>();
  for (const row of expected.rows()) {
    waiting.set(JSON.stringify(row.slice(0, keys.length)), { place: waiting.size, row });
  }
  const { batches } = await lake.queryBatches(expected.sql, {});
  for await (const rows of batches) {
    for (const found of rows) {
      const id = keys.map((key) => toValue(found[key]));
      const known = waiting.get(JSON.stringify(id));
      const key = () => Object.fromEntries(keys.map((name, index) => [name, id[index]!]));
      if (known === undefined) {
        findings.compare(key(), 'row', 'none', 'there', Number.POSITIVE_INFINITY);
        continue;
      }
      waiting.delete(JSON.stringify(id));
      columns.forEach((column, index) => {
        const value = known.row[keys.length + index]!;
        const actual = toValue(found[column]);
        // A key is made only for what differs: most tables have many equal rows.
        findings.compare(value === actual ? {} : key(), column, value, actual, known.place);
      });
    }
  }
  for (const { place, row } of waiting.values()) {
    const key = Object.fromEntries(keys.map((name, index) => [name, row[index]!]));
    findings.compare(key, 'row', 'there', 'none', place);
  }
}

function toValue(value: unknown): Value {
  return typeof value === 'number' || value === null ? value : String(value);
}
