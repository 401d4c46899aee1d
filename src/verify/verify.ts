/** Compares the tables of a lake with a recount from its raw lines. */
import {
  type Cell,
  cellText,
  TABLE_NAMES,
  TABLES,
  type TableName,
  type TableValue,
  toCell,
} from './canonical-row.ts';
import { recountLake } from './recount.ts';
import type { Recount, RecountInput } from './recount-state.ts';
import {
  addRow,
  firstDifferingBucket,
  hashText64,
  newTableTotals,
  sumOf,
  type TableTotals,
} from './table-totals.ts';

/** One number, from the lines and from the tables. */
export interface Check {
  /** What is compared, as a sentence would name it. */
  name: string;
  expected: string;
  actual: string;
  isEqual: boolean;
}

export interface VerifyInput extends Omit<RecountInput, 'keep'> {
  /** The table's rows with the given columns in that order, in batches, in any order of rows. */
  readTable(table: TableName, columns: readonly string[]): AsyncIterable<TableValue[][]>;
}

/**
 * Recounts the files and compares every table: rows, sums, counts by value, and a hash of all rows.
 * For a table whose rows differ, the first row that does is named; that costs a second recount.
 */
export async function verifyLake(input: VerifyInput): Promise<{ lines: number; checks: Check[] }> {
  const recount = await recountLake(input);
  const tables = new Map<TableName, TableTotals>();
  for (const name of TABLE_NAMES) tables.set(name, await totalTable(input, name));
  const checks = [
    ...checkFiles(input, recount),
    ...checkConservation(recount, tables),
    ...TABLE_NAMES.flatMap((name) => compareTable(recount.tables[name], tables.get(name)!)),
  ];
  for (const name of TABLE_NAMES) {
    const bucket = firstDifferingBucket(recount.tables[name], tables.get(name)!);
    if (bucket === undefined) continue;
    checks.push(await compareRows(input, name, bucket));
    break;
  }
  return { lines: recount.lines, checks };
}

async function totalTable(
  input: VerifyInput,
  name: TableName,
  keptBucket?: number,
): Promise<TableTotals> {
  const shape = TABLES[name];
  const totals = newTableTotals(shape, keptBucket);
  const names = shape.columns.map((column) => column.name);
  for await (const rows of input.readTable(name, names)) {
    for (const row of rows) {
      addRow(
        totals,
        row.map((value, index) => toCell(shape.columns[index]!.type, value)),
      );
    }
  }
  return totals;
}

/** The lines of each file are as many as when it was received. */
function checkFiles({ files }: VerifyInput, recount: Recount): Check[] {
  const received = files.toSorted((a, b) => a.fileNumber - b.fileNumber);
  const different = received.findIndex(
    (file, index) => file.lineCount !== recount.fileLines[index]?.lines,
  );
  const ledger = received.reduce((sum, file) => sum + file.lineCount, 0);
  const all = check('bronze: lines received', recount.lines, ledger);
  const file = received[different];
  if (file === undefined) return [all];
  const counted = recount.fileLines[different]?.lines ?? 0;
  return [check(`bronze: lines of ${file.path}`, counted, file.lineCount), all];
}

function checkConservation(recount: Recount, tables: ReadonlyMap<TableName, TableTotals>): Check[] {
  const events = tables.get('silver_events')!.rowCount;
  const quarantined = tables.get('silver_quarantine')!.rowCount;
  return [
    check(
      'valid + duplicates + quarantined',
      recount.lines,
      events + recount.duplicates + quarantined,
    ),
    check('silver: duplicates', recount.duplicates, recount.lines - events - quarantined),
  ];
}

function compareTable(expected: TableTotals, actual: TableTotals): Check[] {
  const { name, columns } = expected.shape;
  const checks = [check(`${name}: rows`, expected.rowCount, actual.rowCount)];
  for (const [index, column] of columns.entries()) {
    const [left, right] = [expected.sums[index], actual.sums[index]];
    if (left !== undefined && right !== undefined) {
      const text = (sum: bigint): string =>
        cellText(column.type === 'boolean' ? 'integer' : column.type, sum);
      checks.push(check(`${name}: sum of ${column.name}`, text(sumOf(left)), text(sumOf(right))));
    }
    const [counts, others] = [expected.counts[index], actual.counts[index]];
    if (counts === undefined || others === undefined) continue;
    const values = [...new Set([...counts.keys(), ...others.keys()])].sort();
    for (const value of values) {
      const label = `${name}: rows with ${column.name} ${value}`;
      checks.push(check(label, counts.get(value) ?? 0, others.get(value) ?? 0));
    }
  }
  return [...checks, check(`${name}: hash of all rows`, hashText64(expected), hashText64(actual))];
}

/** The first row, by its text, that only one side has. */
async function compareRows(input: VerifyInput, name: TableName, bucket: number): Promise<Check> {
  const recount = await recountLake({ ...input, keep: { table: name, bucket } });
  const table = await totalTable(input, name, bucket);
  const expected = rowTexts(recount.tables[name]);
  const actual = rowTexts(table);
  const missing = expected.find((row) => !actual.includes(row));
  const surplus = actual.find((row) => !expected.includes(row));
  return check(
    `${name}: first row that differs`,
    missing ?? 'no such row',
    surplus ?? 'no such row',
  );
}

function rowTexts({ shape, kept }: TableTotals): string[] {
  const text = (row: readonly Cell[]): string =>
    shape.columns
      .map(({ name, type }, index) => `${name}=${cellText(type, row[index]!)}`)
      .join(' ');
  return (kept?.rows ?? []).map(text).sort();
}

function check(name: string, expected: string | number, actual: string | number): Check {
  return {
    name,
    expected: String(expected),
    actual: String(actual),
    isEqual: String(expected) === String(actual),
  };
}
