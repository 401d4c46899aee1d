import type { Command } from 'commander';
import type { MaintainReport } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

export function registerMaintain(program: Command, cli: Cli): void {
  program
    .command('maintain')
    .summary('merge small files, write checkpoints, delete old files')
    .description(
      'Merges small data files, writes checkpoints, and deletes files that no table has used for maintain.retention_hours. No row changes.',
    )
    .option('--dry-run', 'report what would be done; change nothing')
    .addHelpText(
      'after',
      examples([
        ['clicklake maintain --dry-run', ''],
        ['clicklake maintain', 'for example once a day'],
      ]),
    )
    .action(async (options: { dryRun?: boolean }, command: Command) => {
      await cli.withLake(command, async (lake, output) => {
        const isDryRun = options.dryRun === true;
        const report = await lake.maintain({ dryRun: isDryRun });
        await output.report(report, () => renderMaintenance(report, isDryRun, output.style));
      });
    });
}

function renderMaintenance(report: MaintainReport, isDryRun: boolean, style: Style): string[] {
  const rows = report.tables.map((table) => [
    table.table,
    table.filesCompacted === 0
      ? ''
      : `${formatCount(table.filesCompacted)} into ${formatCount(table.filesWritten)}`,
    table.checkpointVersion === null ? '' : `version ${formatCount(table.checkpointVersion)}`,
    table.filesVacuumed === 0
      ? ''
      : `${formatQuantity(table.filesVacuumed, 'file')}, ${formatBytes(table.bytesVacuumed)}`,
  ]);
  const columns = [
    { title: 'table' },
    { title: 'files merged' },
    { title: 'checkpoint' },
    { title: 'deleted' },
  ];
  const folders = formatQuantity(report.workFoldersRemoved, 'abandoned work folder');
  return [
    ...(isDryRun ? ['nothing was changed; this would be done:'] : []),
    ...renderTable(columns, rows, { paintTitle: style.bold }),
    `${folders} removed, ${formatDuration(report.durationMs)}`,
  ];
}
