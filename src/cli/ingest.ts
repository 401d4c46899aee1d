import { isAbsolute } from 'node:path';
import type { Command } from 'commander';
import { DEFAULTS } from '../config/defaults.ts';
import { isContainerAddress } from '../config/lake-address.ts';
import { showPath } from '../config/show-path.ts';
import { ClicklakeError } from '../errors.ts';
import { expandInputs } from '../lake/expand-inputs.ts';
import type { MappingText } from '../mapping/mapping.ts';
import { sourceOfBronzePath } from '../pipeline/bronze-paths.ts';
import type { IngestReport, UnmappedRecords } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity, shellWord } from './format.ts';
import { examples } from './help-text.ts';
import { NO_OBJECTS_HINT } from './no-objects-hint.ts';
import type { Output } from './output.ts';
import { renderShortList } from './short-list.ts';
import { cutText, escapeControls } from './table.ts';
import { showTypes } from './unknown-types.ts';

/** The longest file name that is printed in full. */
const MAX_NAME_WIDTH = 60;
const MAX_EXAMPLE_WIDTH = 120;
const MAX_MAPPING_WIDTH = 300;

interface IngestOptions {
  source?: string;
  scan?: boolean;
}

export function registerIngest(program: Command, cli: Cli): void {
  program
    .command('ingest')
    .summary('copy event files into the lake')
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
          await refuse(reports, cli.io.cwd, output);
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
        await refuse([report], cli.io.cwd, output);
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
      `skipped ${formatQuantity(leftOut.length, 'file')} that ${leftOut.length === 1 ? 'is' : 'are'} hidden or not events: ${shown.join(', ')}${more}`,
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
    ...renderOtherSources(report),
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
      // No width: reasons are printed in full, even over several lines.
      { ...output, width: undefined },
    ),
    `${formatQuantity(ingested.length, 'file')} ingested, ${formatCount(skipped.length)} skipped,${restored.length === 0 ? '' : ` ${formatCount(restored.length)} restored,`} ${formatCount(refused.length)} refused${report.unchanged === 0 ? '' : `, ${formatCount(report.unchanged)} taken before`}: ` +
      `${formatQuantity(report.lineCount, 'line')}${blank}, ${formatBytes(report.sizeBytes)}, source ${report.source}, ${formatDuration(report.durationMs)}`,
  ];
}

/** A file keeps its source, so it is not read with the mapping that the user has asked for. */
function renderOtherSources({ source, skipped }: IngestReport): string[] {
  const others = skipped
    .map(({ path }) => sourceOfBronzePath(path))
    .filter((each) => each !== undefined && each !== source);
  if (others.length === 0) {
    return [];
  }
  const names = [...new Set(others)].sort().join(', ');
  return [
    `${formatQuantity(others.length, 'file')} already there as source ${names}, not ${source}: to change that, see "Taking a received file back" in docs/operations.md`,
  ];
}

/**
 * Reports on standard error what went wrong, and sets the exit code: files that were refused,
 * records that do not fit the mapping.
 */
async function refuse(
  reports: readonly IngestReport[],
  cwd: string,
  output: Output,
): Promise<void> {
  const unmapped = reports.flatMap((report) => unmappedError(report, cwd) ?? []);
  const errors = [...refusedError(reports), ...unmapped];
  const last = errors.pop();
  for (const { message, hint } of errors) {
    await output.note(`${message}${hint === undefined ? '' : `; ${hint}`}`);
  }
  if (last !== undefined) {
    throw last;
  }
}

function unmappedError(
  { source, ingested, withoutEvents }: IngestReport,
  cwd: string,
): ClicklakeError | undefined {
  if (withoutEvents === undefined) {
    return undefined;
  }
  const { records, reason, recordsWithReason, example } = withoutEvents;
  const from = ingested[0]?.from;
  const file = from === undefined || !isAbsolute(from) ? 'FILE' : shellWord(showPath(from, cwd));
  const hint = hintFor(withoutEvents, source, file);
  const shown = cutText(escapeControls(example), MAX_EXAMPLE_WIDTH);
  const finding =
    records === 1
      ? `no valid event: the one record ingested would be quarantined as ${reason}: ${shown}`
      : `no valid event among the first ${formatCount(records)} records ingested: ${formatCount(recordsWithReason)} would be quarantined as ${reason}, for example ${shown}`;
  return new ClicklakeError('input_refused', `source ${source} has ${finding}`, { hint });
}

function hintFor(unmapped: UnmappedRecords, source: string, file: string): string {
  const { proposal, hasObjects, unknownTypes, isRead } = unmapped;
  const run = isRead ? 'clicklake run --full-refresh' : 'clicklake run';
  if (!hasObjects) {
    return NO_OBJECTS_HINT;
  }
  const isProposed = proposal !== null && mappingParts(proposal.mapping).length > 0;
  if (unknownTypes !== undefined && !isProposed) {
    return `the files are in Bronze, but their event types are unknown: ${showTypes(unknownTypes)}; add them to sources.${source}.event_types, or to its ignore, then ${run}`;
  }
  if (proposal === null) {
    return `the files are in Bronze, but no mapping was found that accepts half of the records: write one by hand (docs/mapping.md), then ${run}`;
  }
  if (!isProposed) {
    return `these records need no mapping: give them another --source; the files are in Bronze as source ${source} already, see "Taking a received file back" in docs/operations.md`;
  }
  return `clicklake init --from ${file} --source ${source} would write ${cutText(showMapping(source, proposal.mapping), MAX_MAPPING_WIDTH)}, which accepts ${formatCount(proposal.valid)} of them; the files are in Bronze: put that into clicklake.yaml, then ${run}`;
}

/** A mapping as YAML on a single line. */
function showMapping(source: string, mapping: MappingText): string {
  return `sources: { ${source}: { ${mappingParts(mapping).join(', ')} } }`;
}

/** What the mapping says beyond the contract's own field names. */
function mappingParts({ preset, fields = {}, event_id, items }: MappingText): string[] {
  const paths = Object.entries(fields).filter(([name, path]) => path !== name);
  return [
    ...(preset === undefined ? [] : [`preset: ${preset}`]),
    ...(event_id === undefined ? [] : [`event_id: ${event_id}`]),
    ...(items === undefined ? [] : ['items: …']),
    ...(paths.length === 0
      ? []
      : [`fields: { ${paths.map(([name, path]) => `${name}: ${showPaths(path)}`).join(', ')} }`]),
  ];
}

function showPaths(path: string | readonly string[]): string {
  return typeof path === 'string' ? path : `[${path.join(', ')}]`;
}

function refusedError(reports: readonly IngestReport[]): ClicklakeError[] {
  const refused = reports.flatMap((report) => report.refused);
  const [first] = refused;
  if (first === undefined) {
    return [];
  }
  const total = reports.reduce(
    (sum, { ingested, skipped, restored }) =>
      sum + ingested.length + skipped.length + restored.length,
    refused.length,
  );
  return [
    new ClicklakeError(
      'input_refused',
      `${formatCount(refused.length)} of ${formatQuantity(total, 'file')} could not be ingested: ${first.reason}`,
      {
        hint:
          first.hint ?? 'nothing of a refused file is in the lake; repair it and ingest it again',
      },
    ),
  ];
}
