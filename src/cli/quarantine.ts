import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import { systemReason } from '../config/system-reason.ts';
import { ClicklakeError } from '../errors.ts';
import type { QuarantinedRecord, QuarantineReport } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatCount, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { parseWholeNumber } from './parse-options.ts';
import { cutText, escapeControls, renderTable } from './table.ts';
import { renderUnknownTypes } from './unknown-types.ts';

/**
 * How much of a text is read to show its beginning, in characters: more than the width of any
 * terminal.
 */
const MAX_TEXT_SHOWN = 2_000;
/** Where the output is not a terminal. */
const MAX_LINE_WIDTH = 200;
const TEXT_INDENT = '  ';

export function registerQuarantine(program: Command, cli: Cli): void {
  const quarantine = program
    .command('quarantine')
    .summary('list or export records that are not valid events')
    .description(
      'Lists or exports the records that did not become events, each with its reason, file and position.',
    )
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
    .summary('show quarantined records with their reasons (default)')
    .description(
      'Shows how many records are quarantined for which reason, and the newest of them: file, position in it, and the beginning of the text. The position is that of the line, of the row of CSV (below its header) or Parquet, or else of the record; it is looked up in the file. --json and quarantine export give whole texts.',
    )
    .option('--reason <reason>', 'only this reason, such as not_json or missing:user_id')
    .option('--limit <count>', 'how many records to show', parseWholeNumber('--limit'), 20)
    .option('--positions', 'look up all positions, also in files of more than 1 GiB together')
    .addHelpText(
      'after',
      examples([
        ['clicklake quarantine list', ''],
        ['clicklake quarantine list --reason bad_timestamp --limit 100', ''],
      ]),
    )
    .action(
      async (options: { reason?: string; limit: number; positions?: true }, command: Command) => {
        await cli.withLake(command, async (lake, output) => {
          const report = await lake.listQuarantine({
            ...options,
            ...(output.isJson ? {} : { maxTextLength: MAX_TEXT_SHOWN }),
          });
          await output.report(report, () => renderQuarantine(report, output));
        });
      },
    );
}

function registerExport(quarantine: Command, cli: Cli): void {
  quarantine
    .command('export')
    .summary('write quarantined records as they were received')
    .description(
      'Writes the original bytes of the quarantined lines, one a line, to be mended and ingested again; of other formats than lines of JSON, the records as JSON. --positions writes where each stands.',
    )
    .option('--reason <reason>', 'only this reason, such as not_json or missing:user_id')
    .option('--out <file>', 'write to a file instead of standard output; replaces it')
    .option(
      '--positions',
      'write JSON objects instead, each with the reason, file, position and text of a record',
    )
    .addHelpText(
      'after',
      examples([
        ['clicklake quarantine export --out broken.jsonl', ''],
        ['clicklake quarantine export --reason not_json | less', ''],
        ['clicklake quarantine export --positions --out broken-positions.jsonl', ''],
      ]),
    )
    .action(
      async (options: { reason?: string; out?: string; positions?: true }, command: Command) => {
        const { out: _out, ...filter } = options;
        if (options.out === undefined && cli.output(command).isJson) {
          throw new ClicklakeError(
            'usage',
            'the exported records and --json cannot share standard output',
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
            await output.note(`${formatQuantity(lines, 'record')} exported`);
            return;
          }
          const file = openOutFile(resolve(cli.io.cwd, options.out), options.out);
          const { lines } = await lake.exportQuarantine(filter, file.write);
          await file.close();
          await output.report({ file: options.out, lines }, () => [
            `${formatQuantity(lines, 'record')} exported to ${options.out}`,
          ]);
        });
      },
    );
}

function renderQuarantine(report: QuarantineReport, output: Output): string[] {
  if (report.total === 0) {
    return ['no quarantined records'];
  }
  const counts = Object.entries(report.byReason)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([reason, count]) => [reason, formatCount(count)]);
  const { bold } = output.style;
  return [
    bold(formatQuantity(report.total, 'quarantined record')),
    ...renderTable([{ title: '' }, { title: '', align: 'right' }], counts, { indent: '  ' }),
    ...renderUnknownTypes(report.unknownTypes ?? [], report.byReason.unknown_event_type ?? 0),
    '',
    ...report.rows.flatMap((row) => renderRecord(row, output)),
    ...(report.rows.length < report.total
      ? [
          output.style.dim(
            `(${formatCount(report.rows.length)} of ${formatCount(report.total)} shown; --limit shows more)`,
          ),
        ]
      : []),
    ...(report.unreadFiles > 0
      ? [
          output.style.dim(
            `(positions in ${formatQuantity(report.unreadFiles, 'large file')} not looked up; --positions does)`,
          ),
        ]
      : []),
  ];
}

/**
 * Reason, place and time in full, and below them the beginning of the text, so that all can be read
 * in a narrow terminal.
 */
function renderRecord(row: QuarantinedRecord, { style, width }: Output): string[] {
  const { reason, bronzePath, position, receivedAt, text } = row;
  const place =
    position === null ? bronzePath : `${bronzePath} ${position.unit} ${position.number}`;
  const second = receivedAt.replace(/\.\d+Z$/, 'Z');
  const room = Math.min(width ?? MAX_LINE_WIDTH, MAX_LINE_WIDTH) - TEXT_INDENT.length;
  return [
    `${style.bold(reason)}  ${escapeControls(place)}  ${second}`,
    `${TEXT_INDENT}${cutText(escapeControls(text), room)}`.trimEnd(),
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
  // Handled by the first write or close that fails.
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
