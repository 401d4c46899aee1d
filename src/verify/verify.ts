/**
 * `verify`: checks that the lake holds what its raw lines say. Every line is judged again, the
 * tables are recounted from the verdicts with SQL that shares nothing with the models, and both are
 * compared cell by cell.
 */
import { join } from 'node:path';
import type { GoldRules } from '../contract/gold-rules.ts';
import { TABLE_NAMES, type TableName } from './canonical-row.ts';
import { check, type VerifyCheck } from './check.ts';
import { compareTable, type TableTotals } from './compare-tables.ts';
import type { RecountSession } from './duckdb-contract.ts';
import { type BronzeFile, judgeFiles, type LineCounts } from './judge-files.ts';
import type { EventRules } from './line-judge.ts';
import { closeRecount, countDuplicates, openRecount, recountTable } from './recount.ts';
import { VERDICT_COLUMNS } from './verdict-columns.ts';

export interface VerifyInput {
  session: RecountSession;
  /**
   * Exactly the files that Silver has consumed, in any order. Gold must be up to date: `verify`
   * does not wait for it.
   */
  files: readonly BronzeFile[];
  /** The file's text, decompressed. */
  openFile(file: BronzeFile): AsyncIterable<Buffer>;
  /** The rules of a file. Returns the same object for all files of a source. */
  rulesOf(file: BronzeFile): EventRules;
  rules: GoldRules;
  /**
   * An empty local folder for the verdicts, which take about twice the space of the lines' text.
   */
  tempFolder: string;
  /** SQL that reads the rows of a table in the lake; no rows if the table does not exist. */
  readTable(table: TableName): Promise<string>;
  /** Receives the progress in lines. Half of the work for a line comes after it was read. */
  onProgress?(linesDone: number): void;
}

export interface Verification {
  lines: number;
  /** The first check that fails is the most informative. */
  checks: VerifyCheck[];
}

/** Verifies the lake. `onProgress` is called between steps, and may throw to stop the work. */
export async function verifyLake(input: VerifyInput): Promise<Verification> {
  const { session } = input;
  const files = input.files.toSorted((a, b) => a.fileNumber - b.fileNumber);
  const { counts, verdicts } = await judgeLines(input, files);
  await openRecount({ ...input, files, verdicts });
  try {
    const duplicates = await countDuplicates(session);
    const { checks, actual } = await compareTables(input, sumOf(counts, 'lines'));
    return {
      lines: sumOf(counts, 'lines'),
      checks: [
        ...compareBronze(files, counts),
        check(
          'records received = valid + duplicates + ignored + quarantined',
          sumOf(counts, 'lines'),
          actual.silver_events.rowCount +
            duplicates +
            sumOf(counts, 'ignored') +
            actual.silver_quarantine.rowCount,
        ),
        ...checks,
      ],
    };
  } finally {
    await closeRecount(session);
  }
}

async function judgeLines(
  { session, openFile, rulesOf, tempFolder, onProgress }: VerifyInput,
  files: readonly BronzeFile[],
): Promise<{ counts: LineCounts[]; verdicts: string }> {
  const path = join(tempFolder, 'verdicts.parquet');
  const target = session.createColumnFile(path, VERDICT_COLUMNS);
  try {
    const counts = await judgeFiles(files, openFile, rulesOf, target, (lines) =>
      onProgress?.(lines / 2),
    );
    target.close();
    return { counts, verdicts: session.columnFileSource(path) };
  } catch (error) {
    target.abandon();
    throw error;
  }
}

async function compareTables(
  { session, readTable, onProgress }: VerifyInput,
  lines: number,
): Promise<{ checks: VerifyCheck[]; actual: Record<TableName, TableTotals> }> {
  const checks: VerifyCheck[] = [];
  const actual = {} as Record<TableName, TableTotals>;
  // Differences are located only in the first table, because the others usually differ for the same
  // reason.
  let isEqual = true;
  for (const [index, table] of TABLE_NAMES.entries()) {
    await recountTable(session, table);
    const sides = { expected: `recount.${table}`, actual: `(${await readTable(table)})` };
    const compared = await compareTable(session, table, sides, isEqual);
    checks.push(...compared.checks);
    actual[table] = compared.actual;
    isEqual &&= compared.checks.every((each) => each.isEqual);
    onProgress?.(Math.round((lines * (1 + (index + 1) / TABLE_NAMES.length)) / 2));
  }
  return { checks, actual };
}

/** Compares with the line counts that the ledger recorded at ingest. */
function compareBronze(files: readonly BronzeFile[], counts: readonly LineCounts[]): VerifyCheck[] {
  const received = files.map(({ lineCount, blankLineCount }) => ({
    lines: lineCount,
    blankLines: blankLineCount,
  }));
  const text = ({ lines, blankLines }: Omit<LineCounts, 'ignored'>): string =>
    `${lines} and ${blankLines} blank`;
  const changed = files
    .map(({ path }, index) => {
      const none = { lines: 0, blankLines: 0, ignored: 0 };
      return check(`${path}: lines`, text(counts[index] ?? none), text(received[index] ?? none));
    })
    .filter(({ isEqual }) => !isEqual);
  return [
    ...changed.slice(0, 1),
    check('bronze_files: lines received', sumOf(counts, 'lines'), sumOf(received, 'lines')),
    check('bronze_files: blank lines', sumOf(counts, 'blankLines'), sumOf(received, 'blankLines')),
  ];
}

function sumOf<Name extends keyof LineCounts>(
  counts: readonly Pick<LineCounts, Name>[],
  column: Name,
): number {
  return counts.reduce((sum, each) => sum + each[column], 0);
}
