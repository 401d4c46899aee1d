import type { Command } from 'commander';
import { DEFAULTS } from '../config/defaults.ts';
import { isContainerAddress } from '../config/lake-address.ts';
import { showPath } from '../config/show-path.ts';
import { ClicklakeError } from '../errors.ts';
import { expandInputs } from '../lake/expand-inputs.ts';
import type { IngestReport } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { renderShortList } from './short-list.ts';
import { cutText, escapeControls } from './table.ts';

/** A name in a sentence. */
const MAX_NAME_WIDTH = 60;

interface IngestOptions {
  source?: string;
  scan?: boolean;
}

export function registerIngest(program: Command, cli: Cli): void {
  program
    .command('ingest')
    .summary('take files of events into the lake')
    .description(
      'Copies files of events into Bronze, byte for byte: JSON, CSV, Parquet or Avro, plain, gzip or Zstandard. The same bytes a second time are recognised and skipped. Folders are searched at any depth.',
    )
    .argument(
      '[input...]',
      'files, folders, patterns in quotes, abfss://… addresses, or - for standard input; without any: the landing containers of the sources',
    )
    .option(
      '--source <name>',
      `who delivered the files; a folder of Bronze (default: "${DEFAULTS.source}"; without inputs: every source that has a landing container)`,
    )
    .option('--scan', 'list the folders of all dates in landing containers, also old ones')
    .addHelpText(
      'after',
      examples([
        ['clicklake ingest events.json', ''],
        ['clicklake ingest landing/ --source app', 'every file in a folder'],
        ["clicklake ingest 'landing/**/*.json.gz'", 'a pattern, also where the shell has none'],
        [
          'clicklake ingest abfss://landing@account.dfs.core.windows.net/events',
          'a landing container',
        ],
        ['curl -s https://example.com/events | clicklake ingest -', 'standard input'],
      ]),
    )
    .action(async (names: string[], options: IngestOptions, command: Command) => {
      if (names.length === 0) {
        await cli.withLake(command, async (lake, output) => {
          const reports = await lake.ingestLandings(options);
          await output.report(reports, () =>
            reports.flatMap((report) => renderIngestReport(report, cli.io.cwd, output)),
          );
          refuseRefused(reports);
        });
        return;
      }
      const addresses = names.filter(isContainerAddress);
      const others = names.filter((name) => !isContainerAddress(name));
      const { inputs, leftOut } = await expandInputs(others, cli.io.cwd, cli.io.stdin);
      await cli.withLake(command, async (lake, output) => {
        await noteLeftOut(leftOut, output);
        const report = await lake.ingest([...inputs, ...addresses], options);
        await output.report(report, () => renderIngestReport(report, cli.io.cwd, output));
        refuseRefused([report]);
      });
    });
}

async function noteLeftOut(leftOut: readonly string[], output: Output): Promise<void> {
  if (leftOut.length > 0) {
    const shown = (output.isVerbose ? leftOut : leftOut.slice(0, 3)).map((path) =>
      cutText(escapeControls(path), MAX_NAME_WIDTH),
    );
    const more = leftOut.length > shown.length ? ', …' : '';
    await output.note(
      `left out ${formatQuantity(leftOut.length, 'file')} that ${leftOut.length === 1 ? 'is' : 'are'} hidden or no events: ${shown.join(', ')}${more}`,
    );
  }
}

function renderIngestReport(report: IngestReport, cwd: string, output: Output): string[] {
  const { ingested, skipped, restored, refused } = report;
  const blankLines = ingested.reduce((sum, file) => sum + file.blankLineCount, 0);
  const blank = blankLines === 0 ? '' : ` (and ${formatQuantity(blankLines, 'blank line')})`;
  return [
    ...renderShortList(
      'ingested',
      [{ title: '' }, { title: '', align: 'right' }, { title: '', align: 'right' }, { title: '' }],
      ingested.map((file) => [
        showPath(file.from, cwd),
        formatBytes(file.sizeBytes),
        formatQuantity(file.lineCount, 'line'),
        file.path,
      ]),
      output,
    ),
    ...renderShortList(
      'skipped: the same bytes are in the lake already',
      [{ title: '' }, { title: '' }],
      skipped.map((file) => [showPath(file.from, cwd), file.path]),
      output,
    ),
    ...renderShortList(
      'restored: the lake had lost these files',
      [{ title: '' }, { title: '' }],
      restored.map((file) => [showPath(file.from, cwd), file.path]),
      output,
    ),
    ...renderShortList(
      'refused',
      [{ title: '' }, { title: '' }],
      refused.map((file) => [showPath(file.from, cwd), file.reason]),
      // A reason may take several lines of the terminal.
      { ...output, width: undefined },
    ),
    `${formatQuantity(ingested.length, 'file')} ingested, ${formatCount(skipped.length)} skipped,${restored.length === 0 ? '' : ` ${formatCount(restored.length)} restored,`} ${formatCount(refused.length)} refused${report.unchanged === 0 ? '' : `, ${formatCount(report.unchanged)} taken before`}: ` +
      `${formatQuantity(report.lineCount, 'line')}${blank}, ${formatBytes(report.sizeBytes)}, source ${report.source}, ${formatDuration(report.durationMs)}`,
  ];
}

function refuseRefused(reports: readonly IngestReport[]): void {
  const refused = reports.flatMap((report) => report.refused);
  const [first] = refused;
  if (first !== undefined) {
    const total = reports.reduce(
      (sum, { ingested, skipped, restored }) =>
        sum + ingested.length + skipped.length + restored.length,
      refused.length,
    );
    throw new ClicklakeError(
      'input_refused',
      `${formatCount(refused.length)} of ${formatQuantity(total, 'file')} could not be taken: ${first.reason}`,
      {
        hint: first.hint ?? 'nothing of a refused file is in the lake; mend it and ingest it again',
      },
    );
  }
}
