import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import { systemReason } from '../config/system-reason.ts';
import { ClicklakeError } from '../errors.ts';
import type { QuarantineReport } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatCount, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { parseWholeNumber } from './parse-options.ts';
import { renderTable } from './table.ts';

/** Characters of a line that are looked at to show its beginning: more than any terminal is wide. */
const MAX_TEXT_SHOWN = 2_000;

export function registerQuarantine(program: Command, cli: Cli): void {
  const quarantine = program
    .command('quarantine')
    .summary('lines that are no valid events: list or export')
    .description('Shows or gives back the lines that did not become events, each with its reason.')
    .addHelpText(
      'after',
      examples([
        ['clicklake quarantine', 'the same as quarantine list'],
        ['clicklake quarantine export --out broken.jsonl', ''],
      ]),
    );
  registerList(quarantine, cli);
  registerExport(quarantine, cli);
}

function registerList(quarantine: Command, cli: Cli): void {
  quarantine
    .command('list', { isDefault: true })
    .summary('show quarantined lines with their reasons (default)')
    .description(
      'Shows how many lines are quarantined for which reason, and the beginnings of some of them. --json and quarantine export give whole lines.',
    )
    .option('--reason <reason>', 'only this reason, such as not_json or missing:user_id')
    .option('--limit <count>', 'how many lines to show', parseWholeNumber('--limit'), 20)
    .addHelpText(
      'after',
      examples([
        ['clicklake quarantine list', ''],
        ['clicklake quarantine list --reason bad_timestamp --limit 100', ''],
      ]),
    )
    .action(async (options: { reason?: string; limit: number }, command: Command) => {
      await cli.withLake(command, async (lake, output) => {
        const report = await lake.listQuarantine({
          ...options,
          ...(output.isJson ? {} : { maxTextLength: MAX_TEXT_SHOWN }),
        });
        await output.report(report, () => renderQuarantine(report, output));
      });
    });
}

function registerExport(quarantine: Command, cli: Cli): void {
  quarantine
    .command('export')
    .summary('write quarantined lines as they were received')
    .description(
      'Writes the original bytes of the quarantined lines, one a line, to be mended and ingested again; of other formats than lines of JSON, the records as JSON.',
    )
    .option('--reason <reason>', 'only this reason, such as not_json or missing:user_id')
    .option('--out <file>', 'write to a file instead of standard output; replaces it')
    .addHelpText(
      'after',
      examples([
        ['clicklake quarantine export --out broken.jsonl', ''],
        ['clicklake quarantine export --reason not_json | less', ''],
      ]),
    )
    .action(async (options: { reason?: string; out?: string }, command: Command) => {
      const filter = options.reason === undefined ? {} : { reason: options.reason };
      if (options.out === undefined && cli.output(command).isJson) {
        throw new ClicklakeError(
          'usage',
          'the exported lines and --json cannot share standard output',
          {
            hint: 'add --out <file>, or use clicklake quarantine list --json',
          },
        );
      }
      await cli.withLake(command, async (lake, output) => {
        if (options.out === undefined) {
          const { lines } = await lake.exportQuarantine(filter, (chunk) =>
            output.writeBytes(chunk),
          );
          await output.note(`${formatQuantity(lines, 'line')} exported`);
          return;
        }
        const file = openOutFile(resolve(cli.io.cwd, options.out), options.out);
        const { lines } = await lake.exportQuarantine(filter, file.write);
        await file.close();
        await output.report({ file: options.out, lines }, () => [
          `${formatQuantity(lines, 'line')} exported to ${options.out}`,
        ]);
      });
    });
}

function renderQuarantine(report: QuarantineReport, output: Output): string[] {
  if (report.total === 0) {
    return ['no quarantined lines'];
  }
  const counts = Object.entries(report.byReason)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([reason, count]) => [reason, formatCount(count)]);
  const { bold } = output.style;
  const lines = report.rows.map((row) => [row.reason, row.receivedAt, row.bronzePath, row.text]);
  return [
    bold(formatQuantity(report.total, 'quarantined line')),
    ...renderTable([{ title: '' }, { title: '', align: 'right' }], counts, { indent: '  ' }),
    '',
    ...renderTable(
      [{ title: 'reason' }, { title: 'received at' }, { title: 'file' }, { title: 'line' }],
      lines,
      { maxWidth: output.width, paintTitle: bold },
    ),
    ...(report.rows.length < report.total
      ? [
          output.style.dim(
            `(${formatCount(report.rows.length)} of ${formatCount(report.total)} shown; --limit shows more)`,
          ),
        ]
      : []),
  ];
}

interface OutFile {
  write(chunk: Buffer): Promise<void>;
  close(): Promise<void>;
}

function openOutFile(path: string, shownPath: string): OutFile {
  const stream = createWriteStream(path);
  const done = finished(stream).catch((cause: unknown) => {
    throw new ClicklakeError('usage', `cannot write ${shownPath}: ${systemReason(cause)}`, {
      hint: 'give --out a file in a folder that is there and that you may write to',
      cause,
    });
  });
  // A failure is reported by whichever of write and close comes first.
  done.catch(() => {});
  return {
    write: (chunk) =>
      Promise.race([
        done,
        new Promise<void>((taken) => {
          if (stream.write(chunk)) {
            taken();
          } else {
            stream.once('drain', taken);
          }
        }),
      ]),
    async close() {
      stream.end();
      await done;
    },
  };
}
