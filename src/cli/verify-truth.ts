/** `verify --truth`: compares the lake with the simulator's truth. */
import type { RuleSettings } from '../config/settings.ts';
import { differingRule } from '../contract/gold-rules.ts';
import { ClicklakeError } from '../errors.ts';
import type { Lake } from '../lake/open-lake.ts';
import type { TruthDifference, TruthReport } from '../simulate/compare-truth.ts';
import type { Truth } from '../simulate/truth.ts';
import { formatCount, formatDuration, formatQuantity } from './format.ts';
import type { Output } from './output.ts';
import { renderTable } from './table.ts';

const MAX_SHOWN_PER_TABLE = 3;

/**
 * Reads the truth. Throws `not_found`; `config_invalid` if the file is not a truth, or if the
 * settings make Gold count differently from the truth.
 */
export async function openTruth(path: string, settings: RuleSettings): Promise<Truth> {
  const { readTruth } = await import('../simulate/read-truth.ts');
  const { goldRules } = await import('../config/gold-rules.ts');
  const truth = await readTruth(path);
  const differing = differingRule(goldRules(settings), truth.simulation.settings);
  if (differing !== undefined) {
    const { setting, is, wanted } = differing;
    const found = is === '' ? `${setting} is not set` : `${setting} is ${is}`;
    throw new ClicklakeError('config_invalid', `${found}, and the truth is that of ${wanted}`, {
      hint: `verify --truth needs a lake that was computed with ${setting}: ${wanted}`,
    });
  }
  return truth;
}

/** Differences are part of the report, not errors; see `refuseDifferences`. */
export async function verifyTruth(lake: Lake, truth: Truth, output: Output): Promise<TruthReport> {
  const { compareTruth } = await import('../simulate/compare-truth.ts');
  return compareTruth(truth, lake, (table) =>
    output.progress.show('truth', () => `verify: ${table} against the truth`),
  );
}

/** The compared tables, the first differences, and the result. */
export function renderTruthReport(report: TruthReport, output: Output): string[] {
  const { style } = output;
  const rows = report.tables.map(({ table, numbers, differences }) => [
    table,
    formatCount(numbers),
    formatCount(differences),
  ]);
  const right = { align: 'right' as const };
  return [
    ...renderTable(
      [{ title: 'table' }, { title: 'numbers', ...right }, { title: 'differences', ...right }],
      rows,
      { paintTitle: style.bold },
    ),
    ...renderTruthSummary(report, output),
  ];
}

/** The first differences, and the result. */
export function renderTruthSummary(report: TruthReport, output: Output): string[] {
  const { style } = output;
  return [
    ...renderDifferences(report, output),
    `${summariseTruth(report)}, ${formatDifferences(report, style)}, ${formatDuration(report.durationMs)}`,
  ];
}

function renderDifferences({ differences }: TruthReport, output: Output): string[] {
  if (differences.length === 0) {
    return [];
  }
  const shown = output.isVerbose ? differences : differences.filter(isAmongFirst);
  return [
    output.style.bold('the first differences'),
    ...renderTable(
      ['table', 'of', 'number', 'in the truth', 'in the lake'].map((title) => ({ title })),
      shown.map((difference) => [
        difference.table,
        describeKey(difference),
        difference.column,
        String(difference.expected),
        String(difference.found),
      ]),
      { indent: '  ', maxWidth: output.width },
    ),
  ];
}

/** The first differences of each table; --verbose and --json show more. */
function isAmongFirst(
  { table }: TruthDifference,
  place: number,
  all: readonly TruthDifference[],
): boolean {
  return place - all.findIndex((other) => other.table === table) < MAX_SHOWN_PER_TABLE;
}

/** `12,345 numbers compared with the truth of seed 42, 2026-01-01 to 2026-01-14`. */
function summariseTruth({ tables, simulation }: TruthReport): string {
  const numbers = tables.reduce((sum, table) => sum + table.numbers, 0);
  const { seed, start, end } = simulation;
  return `${formatQuantity(numbers, 'number')} compared with the truth of seed ${seed}, ${start} to ${end}`;
}

function formatDifferences(report: TruthReport, style: Output['style']): string {
  const count = countDifferences(report);
  return count === 0
    ? style.green('no difference')
    : style.red(formatQuantity(count, 'difference'));
}

function countDifferences({ tables }: TruthReport): number {
  return tables.reduce((sum, { differences }) => sum + differences, 0);
}

function describeKey({ key }: TruthDifference): string {
  return Object.values(key)
    .map((value) => value ?? 'null')
    .join(', ');
}

/** Throws `verification_failed` at the first difference. */
export function refuseDifferences(report: TruthReport): void {
  const { differences } = report;
  const [first] = differences;
  if (first === undefined) {
    return;
  }
  const { table, column, expected, found } = first;
  const place = [table, describeKey(first), column].filter((part) => part !== '').join(', ');
  const others = countDifferences(report) - 1;
  const more = others > 0 ? `; and ${formatQuantity(others, 'more difference')}` : '';
  throw new ClicklakeError(
    'verification_failed',
    `${place}: the truth is ${expected}, the lake has ${found}${more}`,
    { hint: chooseHint(report) },
  );
}

function chooseHint({ lines, files, isCurrent }: TruthReport): string {
  if (!isCurrent) {
    return 'files are pending in Bronze, or Gold is out of date: clicklake run, then verify again';
  }
  if (lines.expected !== lines.found) {
    return (
      `the truth is of ${formatQuantity(lines.expected, 'line')} in ${formatQuantity(files.expected, 'file')}, ` +
      `the lake holds ${formatQuantity(lines.found, 'line')} in ${formatQuantity(files.found, 'file')}: it must hold the files of this simulation, and no others`
    );
  }
  return 'clicklake verify recounts the tables from the raw lines, and shows whether the tables or the truth are wrong';
}
