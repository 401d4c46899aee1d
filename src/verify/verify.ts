/**
 * `verify`: does the lake hold what its raw lines say? Everything is counted again from Bronze by code
 * that shares nothing with the models, and compared with what the tables hold, down to every cell.
 */
import {
  type Cell,
  TABLE_NAMES,
  TABLES,
  type TableName,
  type TableValue,
  toCell,
} from './canonical-row.ts';
import { check, compareTotals, type VerifyCheck } from './compare-totals.ts';
import { findDifference } from './find-difference.ts';
import { recountLake } from './recount.ts';
import type { Recount, RecountInput } from './recount-state.ts';
import { addRow, firstDifferingBucket, newTableTotals, type TableTotals } from './table-totals.ts';

/**
 * Some rows of a table, each with its values in the order asked for. Timestamps are bigint
 * microseconds, decimals text, dates `yyyy-mm-dd`, integers number or bigint.
 */
export type RowBatch = readonly (readonly TableValue[])[];

export interface VerifyInput extends Omit<RecountInput, 'keep'> {
  /**
   * The rows of a table, in any order; none when there is no such table. `files` must be exactly the
   * files that Silver has consumed, and Gold must be current: `verify` compares, it does not wait.
   */
  readTable(table: TableName, columns: readonly string[]): AsyncIterable<RowBatch>;
}

export interface Verification {
  lines: number;
  /** The first that is not equal is the most telling. */
  checks: VerifyCheck[];
}

/**
 * Counts everything again and compares. When rows differ, the first is named, which costs a second
 * recount.
 */
export async function verifyLake(input: VerifyInput): Promise<Verification> {
  const recount = await recountLake(input);
  const actual = {} as Record<TableName, TableTotals>;
  for (const table of TABLE_NAMES) actual[table] = await totalTable(input, table);
  const checks = [...compareBronze(input, recount), compareConservation(recount, actual)];
  let isLocated = false;
  for (const table of TABLE_NAMES) {
    const ofTable = compareTotals(recount.tables[table], actual[table]);
    const differs = ofTable.some(({ isEqual }) => !isEqual);
    // Only the first table's rows are looked for: the others mostly differ for the same reason.
    if (differs && !isLocated) checks.push(...(await locate(input, table, recount, actual[table])));
    isLocated ||= differs;
    checks.push(...ofTable);
  }
  return { lines: recount.lines, checks };
}

/** The ledger knows how many lines each file had when it was received. */
function compareBronze(input: VerifyInput, recount: Recount): VerifyCheck[] {
  const files = input.files.toSorted((a, b) => a.fileNumber - b.fileNumber);
  const changed = files.flatMap((file, index) => {
    const { lines, blankLines } = recount.fileLines[index]!;
    const text = (received: number, blank: number): string => `${received} and ${blank} blank`;
    const counted = check(
      `${file.path}: lines`,
      text(lines, blankLines),
      text(file.lineCount, file.blankLineCount),
    );
    return counted.isEqual ? [] : [counted];
  });
  const sum = (column: 'lineCount' | 'blankLineCount'): number =>
    files.reduce((total, file) => total + file[column], 0);
  return [
    ...changed.slice(0, 1),
    check('bronze_files: lines received', recount.lines, sum('lineCount')),
    check('bronze_files: blank lines', recount.blankLines, sum('blankLineCount')),
  ];
}

function compareConservation(
  recount: Recount,
  actual: Record<TableName, TableTotals>,
): VerifyCheck {
  const valid = actual.silver_events.rowCount;
  const quarantined = actual.silver_quarantine.rowCount;
  return check(
    'lines received = valid + duplicates + quarantined',
    recount.lines,
    valid + recount.duplicates + quarantined,
  );
}

async function totalTable(
  input: VerifyInput,
  table: TableName,
  keptBucket?: number,
): Promise<TableTotals> {
  const shape = TABLES[table];
  const totals = newTableTotals(shape, keptBucket);
  const names = shape.columns.map(({ name }) => name);
  const cells: Cell[] = new Array(names.length).fill(null);
  for await (const rows of input.readTable(table, names)) {
    for (const row of rows) {
      for (let index = 0; index < cells.length; index += 1) {
        cells[index] = toCell(shape.columns[index]!.type, row[index]!);
      }
      addRow(totals, cells);
    }
  }
  return totals;
}

/** Counts once more, holding the rows of one differing bucket, and names the first that differs. */
async function locate(
  input: VerifyInput,
  table: TableName,
  recount: Recount,
  actual: TableTotals,
): Promise<VerifyCheck[]> {
  const bucket = firstDifferingBucket(recount.tables[table], actual);
  if (bucket === undefined) return [];
  const { onProgress: _, ...silent } = input;
  const again = await recountLake({ ...silent, keep: { table, bucket } });
  const held = await totalTable(input, table, bucket);
  const rows = ({ kept }: TableTotals): Cell[][] => kept?.rows ?? [];
  const difference = findDifference(TABLES[table], rows(again.tables[table]), rows(held));
  return difference === undefined ? [] : [difference];
}
