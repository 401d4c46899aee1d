import type { Command } from 'commander';
import { ClicklakeError } from '../errors.ts';
import type { HashReport, VerifyReport } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatCount, formatDuration, formatQuantity, groupDigits } from './format.ts';
import { examples } from './help-text.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { openTruth, refuseDifferences, renderTruthReport, verifyTruth } from './verify-truth.ts';

export function registerVerify(program: Command, cli: Cli): void {
  program
    .command('verify')
    .summary('recount everything from the raw lines')
    .description(
      'Reads every Bronze record again, without the SQL models, and compares: records received = valid + duplicates + ignored + quarantined, and the totals of every Gold table. Ends with an error at a difference.',
    )
    .option('--hash', 'instead, print a hash of what each table holds')
    .option(
      '--truth <file>',
      'instead, compare with the truth.json of the simulation that the lake holds',
    )
    .addHelpText(
      'after',
      examples([
        ['clicklake verify', ''],
        ['clicklake verify --verbose', 'every number that was compared'],
        ['clicklake verify --hash', 'the same hash: the same columns and rows'],
        ['clicklake verify --truth landing/truth.json', 'a simulated shop, to the last number'],
      ]),
    )
    .action(async (options: { hash?: boolean; truth?: string }, command: Command) => {
      refuseBoth(options);
      if (options.truth !== undefined) {
        await runVerifyTruth(options.truth, cli, command);
        return;
      }
      await cli.withLake(command, async (lake, output) => {
        if (options.hash === true) {
          const report = await lake.hashTables();
          await output.report(report, () => renderHashes(report, output.style));
          return;
        }
        const report = await lake.verify();
        await output.report(report, () =>
          renderVerification(report, output.isVerbose, output.style),
        );
        refuseDifference(report);
      });
    });
}

async function runVerifyTruth(path: string, cli: Cli, command: Command): Promise<void> {
  const truth = await openTruth(path, await cli.settings(command));
  await cli.withLake(command, async (lake, output) => {
    const report = await verifyTruth(lake, truth, output);
    await output.report(report, () => renderTruthReport(report, output));
    refuseDifferences(report);
  });
}

function refuseBoth(options: { hash?: boolean; truth?: string }): void {
  if (options.hash === true && options.truth !== undefined) {
    throw new ClicklakeError('usage', '--hash and --truth exclude each other', {
      hint: 'leave out --hash or --truth',
    });
  }
}

function renderVerification(report: VerifyReport, isVerbose: boolean, style: Style): string[] {
  const shown = isVerbose ? report.checks : condenseChecks(report.checks);
  const rows = shown.map((check) => [
    check.isEqual ? 'same' : 'DIFFERENT',
    check.name,
    showNumber(check.expected, check.name),
    showNumber(check.actual, check.name),
  ]);
  const differences = report.checks.filter((check) => !check.isEqual).length;
  return [
    ...renderTable(
      [
        { title: '' },
        { title: 'number' },
        { title: 'from the lines', align: 'right' },
        { title: 'in the tables', align: 'right' },
      ],
      rows,
      { paintTitle: style.bold },
    ),
    `${formatQuantity(report.checks.length, 'number')} checked over ${formatQuantity(report.lines, 'line')}, ` +
      `${differences === 0 ? style.green('no difference') : style.red(formatQuantity(differences, 'difference'))}, ${formatDuration(report.durationMs)}`,
  ];
}

/** `1234567.50` -> `1,234,567.50`, but hashes stay unchanged, even if they look like numbers. */
function showNumber(text: string, name: string): string {
  return /^-?\d+(?:\.\d+)?(?= |$)/.test(text) && !name.endsWith('(hash)')
    ? text.replace(/^-?\d+/, groupDigits)
    : text;
}

function renderHashes(report: HashReport, style: Style): string[] {
  const rows = report.tables.map(({ table, version, rows, sha256 }) => [
    table,
    version === null ? '' : formatCount(version),
    formatCount(rows),
    sha256 ?? 'not there yet',
  ]);
  const columns = [
    { title: 'table' },
    { title: 'version', align: 'right' as const },
    { title: 'rows', align: 'right' as const },
    { title: 'sha256 of the content' },
  ];
  return [
    ...renderTable(columns, rows, { paintTitle: style.bold }),
    formatDuration(report.durationMs),
  ];
}

type Check = VerifyReport['checks'][number];

/** Combines the equal numbers of a table (`gold_users: rows`, `gold_users: …`) into one line. */
function condenseChecks(checks: readonly Check[]): Check[] {
  const condensed: { check: Check; moreCount: number }[] = [];
  const lineOfTable = new Map<string, { check: Check; moreCount: number }>();
  for (const check of checks) {
    const table = /^\w+_\w+(?=: )/.exec(check.name)?.[0];
    const line = table === undefined || !check.isEqual ? undefined : lineOfTable.get(table);
    if (line !== undefined) {
      line.moreCount += 1;
      continue;
    }
    const added = { check, moreCount: 0 };
    condensed.push(added);
    if (table !== undefined && check.isEqual) {
      lineOfTable.set(table, added);
    }
  }
  return condensed.map(({ check, moreCount }) => ({
    ...check,
    name: moreCount === 0 ? check.name : `${check.name}, and ${formatCount(moreCount)} more`,
  }));
}

function refuseDifference(report: VerifyReport): void {
  const first = report.checks.find((check) => !check.isEqual);
  if (first !== undefined) {
    throw new ClicklakeError(
      'verification_failed',
      `${first.name}: the lines give ${first.expected}, the tables ${first.actual}`,
      { hint: 'clicklake run --full-refresh computes the tables again from the lines' },
    );
  }
}
