import type { Command } from 'commander';
import { ClicklakeError } from '../errors.ts';
import type { VerifyReport } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatDuration, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

export function registerVerify(program: Command, cli: Cli): void {
  program
    .command('verify')
    .summary('recount everything from the raw lines')
    .description(
      'Reads every Bronze line again, without the SQL models, and compares: lines received = valid +\nduplicates + quarantined, and the totals of every Gold table. Ends with an error at a difference.',
    )
    .addHelpText('after', examples([['clicklake verify', '']]))
    .action(async (_options: object, command: Command) => {
      await cli.withLake(command, async (lake, output) => {
        const report = await lake.verify();
        await output.report(report, () => renderVerification(report, output.style));
        refuseDifference(report);
      });
    });
}

function renderVerification(report: VerifyReport, style: Style): string[] {
  const rows = report.checks.map((check) => [
    check.isEqual ? 'same' : 'DIFFERENT',
    check.name,
    check.expected,
    check.actual,
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
