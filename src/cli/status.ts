import type { Command } from 'commander';
import type { StatusReport } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatBytes, formatCount, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

export function registerStatus(program: Command, cli: Cli): void {
  program
    .command('status')
    .summary('show what is in the lake and what is pending')
    .description(
      'Shows the Bronze files, the outcomes of their lines, the tables, and what is pending.',
    )
    .addHelpText(
      'after',
      examples([
        ['clicklake status', ''],
        ['clicklake status --lake /data/shop --json', ''],
      ]),
    )
    .action(async (_options: object, command: Command) => {
      await cli.withLake(command, async (lake, output) => {
        const report = await lake.status();
        await output.report(report, () => renderStatus(report, output.style));
      });
    });
}

function renderStatus(report: StatusReport, style: Style): string[] {
  const { bronze, pending, outcomes } = report;
  const quarantined = Object.values(outcomes.quarantined).reduce((sum, count) => sum + count, 0);
  const received = bronze.lastReceivedAt === null ? '' : `, last received ${bronze.lastReceivedAt}`;
  const ignored = outcomes.ignored > 0 ? ` + ${formatCount(outcomes.ignored)} ignored` : '';
  const remedy = report.refusal === undefined ? ': clicklake run' : '';
  const rows = [
    ['lake', report.lake],
    [
      'bronze',
      `${formatQuantity(bronze.files, 'file')}, ${formatQuantity(bronze.lines, 'line')}, ${formatBytes(bronze.sizeBytes)}${received}`,
    ],
    [
      'silver',
      `${formatQuantity(outcomes.lines, 'line')} = ${formatCount(outcomes.valid)} valid + ${formatQuantity(outcomes.duplicates, 'duplicate')}${ignored} + ${formatCount(quarantined)} quarantined`,
    ],
    [
      'gold',
      report.isGoldCurrent
        ? 'up to date with Silver'
        : `out of date, by new events or changed settings${remedy}`,
    ],
    [
      'waiting',
      pending.files === 0
        ? 'nothing'
        : `${formatQuantity(pending.files, 'file')}, ${formatQuantity(pending.lines, 'line')}${remedy}`,
    ],
  ];
  return [
    ...renderTable([{ title: '' }, { title: '' }], rows),
    ...renderRefusal(report, style),
    ...(report.tables.length === 0 ? [] : ['', ...renderTables(report, style)]),
  ];
}

/** In full, since it is what to do next. */
function renderRefusal({ refusal }: StatusReport, style: Style): string[] {
  if (refusal === undefined) {
    return [];
  }
  const { code, message, hint } = refusal;
  return [
    style.yellow(`clicklake run would end with ${code}: ${message}`),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ];
}

function renderTables(report: StatusReport, style: Style): string[] {
  const rows = report.tables.map((table) => [
    table.table,
    formatCount(table.rows),
    formatCount(table.files),
    formatBytes(table.sizeBytes),
    formatCount(table.version),
    table.lastModifiedAt ?? '',
  ]);
  return renderTable(
    [
      { title: 'table' },
      { title: 'rows', align: 'right' },
      { title: 'files', align: 'right' },
      { title: 'size', align: 'right' },
      { title: 'version', align: 'right' },
      { title: 'last change' },
    ],
    rows,
    { paintTitle: style.bold },
  );
}
