import type { Command } from 'commander';
import { ClicklakeError } from '../errors.ts';
import type { RunReport, UnknownTypes } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatCount, formatDuration, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import { renderLeftOut } from './left-out-folders.ts';
import { NO_OBJECTS_HINT } from './no-objects-hint.ts';
import type { Output } from './output.ts';
import { pathAndReason } from './path-and-reason.ts';
import { renderEngine } from './render-engine.ts';
import { renderRunPreview } from './run-preview.ts';
import { renderShortList } from './short-list.ts';
import { cutText, escapeControls, renderTable } from './table.ts';
import { renderUnknownTypes, showTypes } from './unknown-types.ts';

/** The longest raw line that is printed in full. */
const MAX_LINE_WIDTH = 120;

interface RunOptions {
  fullRefresh?: boolean;
  scan?: boolean;
  plan?: boolean;
}

export function registerRun(program: Command, cli: Cli): void {
  program
    .command('run')
    .summary('compute Silver and Gold from what is new')
    .description(
      'Reads the Bronze files that are new since the last run, in batches, into Silver; then brings every Gold table up to date. Can be stopped at any time; the next run goes on.',
    )
    .option('--full-refresh', 'recompute Silver and Gold from all Bronze files')
    .option(
      '--scan',
      'list all of bronze/, also the old date folders that a large lake lists once a day',
    )
    .option('--plan', 'report what a run would read and write, and why; write nothing')
    .addHelpText(
      'after',
      examples([
        ['clicklake run', 'only what is new'],
        [
          'clicklake run --full-refresh',
          'after a change of silver or sources in the configuration',
        ],
        ['clicklake run --plan', 'what it would do; takes about as long'],
        ['clicklake run --json', 'the run summary as JSON, for schedulers'],
      ]),
    )
    .action(async ({ plan, ...options }: RunOptions, command: Command) => {
      await goingOnAfterRestarts(cli, command, (restarts) =>
        cli.withLake(command, async (lake, output) => {
          if (plan === true) {
            const preview = await lake.previewRun(options);
            await output.report(preview, () => renderRunPreview(preview, output));
            return;
          }
          const report = await lake.run(options);
          await output.report(restarts === 0 ? report : { ...report, restarts }, () =>
            renderRunReport(report, output),
          );
          refuseFailedChecks(report);
          await refuseDamaged(report);
          refuseUnreadable(report);
          refuseSourcesWithoutEvents(report);
        }),
      );
    });
}

const MAX_RESTARTS = 3;

/**
 * A Spark that was restarted has forgotten the session, but what is committed stays: the rest is done in
 * a new one. `work` is given the number of restarts so far.
 */
async function goingOnAfterRestarts(
  cli: Cli,
  command: Command,
  work: (restarts: number) => Promise<void>,
): Promise<void> {
  for (let restarts = 0; ; restarts += 1) {
    try {
      await work(restarts);
      return;
    } catch (error) {
      const isRestart = error instanceof ClicklakeError && error.code === 'server_restarted';
      if (!isRestart || restarts === MAX_RESTARTS) {
        throw error;
      }
      await cli
        .output(command)
        .note(`${error.message}; going on from what is committed, of which no summary is printed`);
    }
  }
}

/** The run summary: the outcome of every line, the tables written, and the duration. */
function renderRunReport(report: RunReport, output: Output): string[] {
  const quarantined = Object.values(report.quarantined).reduce((sum, count) => sum + count, 0);
  const isIdle = report.files === 0 && report.tablesWritten.length === 0;
  if (isIdle && report.unreadable.length === 0 && report.damaged.length === 0) {
    return [
      ...renderFiles('found in bronze/, the same bytes as files before', report.discovered, output),
      ...renderRegistered(report),
      ...renderLeftOut(report),
      `nothing new${report.lastFullListing === undefined ? '' : ' elsewhere'}: Silver and Gold are up to date (${formatDuration(report.durationMs)})`,
    ];
  }
  // Without new lines a run has still work to do, for example a new model or changed settings.
  const rate = report.files === 0 ? '' : `, ${formatQuantity(report.linesPerSecond, 'line')}/s`;
  return [
    ...(report.files === 0 ? ['no new lines'] : renderOutcomes(report, quarantined, output)),
    ...renderUnknownTypes(report.unknownTypes ?? [], report.quarantined.unknown_event_type ?? 0),
    ...(report.lacksPurchases === true
      ? ['no event type stands for purchase: there are no orders and no revenue']
      : []),
    ...renderUnknownFields(report.unknownFields, output),
    ...renderUnfilled(report, output),
    ...renderUnusedPaths(report, output),
    ...renderFiles('found in bronze/ and registered', report.discovered, output),
    ...renderLeftOut(report),
    ...renderFiles(
      'unreadable, not in the lake until fixed',
      report.unreadable.map(pathAndReason),
      // No width: reasons are printed in full, even over several lines.
      { ...output, width: undefined },
    ),
    ...renderFiles('changed since ingest', report.damaged.map(pathAndReason), output),
    ...renderTablesWritten(report, output),
    ...renderPurchases(report),
    ...renderBots(report),
    ...renderChecks(report, output),
    ...renderRegistered(report),
    `${formatDuration(report.durationMs)}${rate}, ${renderEngine(report)}`,
  ];
}

function renderOutcomes(report: RunReport, quarantined: number, { style }: Output): string[] {
  return [
    `${style.bold(formatQuantity(report.lines, 'line'))} from ${formatQuantity(report.files, 'file')} in ${formatQuantity(report.batches, 'batch', 'batches')}`,
    ...renderTable(
      [{ title: '' }, { title: '', align: 'right' }, { title: '' }],
      [
        ['valid', formatCount(report.valid), ''],
        ['duplicates', formatCount(report.duplicates), ''],
        ...(report.ignored > 0
          ? [['ignored', formatCount(report.ignored), 'by the mapping of their source']]
          : []),
        ['quarantined', formatCount(quarantined), ''],
        ...sortCounts(report.quarantined).map(([reason, count]) => [
          `  ${reason}`,
          formatCount(count),
          '',
        ]),
        ...(report.blankLines > 0
          ? [['blank', formatCount(report.blankLines), 'not counted as lines']]
          : []),
        ...unreadableNumberRows(report),
      ],
      { indent: '  ' },
    ),
  ];
}

function unreadableNumberRows(report: RunReport): string[][] {
  return Object.entries(report.unreadableNumbers)
    .filter(([, count]) => count > 0)
    .map(([column, count]) => [
      `unreadable ${column}`,
      formatCount(count),
      'valid events, null there',
    ]);
}

function renderUnknownFields(
  { names, more }: RunReport['unknownFields'],
  output: Output,
): string[] {
  const rows = sortCounts(names).map(([field, count]) => [
    field.trim() === '' ? JSON.stringify(field) : field,
    formatCount(count),
  ]);
  const columns = [{ title: '' }, { title: '', align: 'right' as const }];
  return [
    ...renderShortList('unknown fields, in lines', columns, rows, output),
    ...(more > 0 ? [`  and at least ${formatQuantity(more, 'rarer unknown field')}`] : []),
  ];
}

function renderUnfilled({ unfilled = [] }: RunReport, output: Output): string[] {
  return renderShortList(
    'paths of clicklake.yaml that no record has',
    [{ title: '' }, { title: '' }],
    unfilled.map(({ source, field, paths }) => [
      `sources.${source}.${field === 'items' ? field : `fields.${field}`}`,
      paths.join(', '),
    ]),
    output,
  );
}

/** Not a warning, because one path of a list is enough. */
function renderUnusedPaths({ unusedPaths = [] }: RunReport, output: Output): string[] {
  return renderShortList(
    'paths that no record of this run has, unlike others of their list (misspelled?)',
    [{ title: '' }, { title: '' }, { title: '' }],
    unusedPaths.map(({ source, field, paths, records }) => [
      `sources.${source}.${field}`,
      paths.join(', '),
      `of ${formatQuantity(records, 'record')}`,
    ]),
    output,
  );
}

/** Facts that limit the meaning of revenue sums. */
function renderPurchases({ purchases }: RunReport): string[] {
  if (purchases === undefined) {
    return [];
  }
  const { mixedOrders, suspiciousIds } = purchases;
  return [
    ...renderCurrencies(purchases),
    ...(mixedOrders === null
      ? []
      : [
          `${formatQuantity(mixedOrders.orders, 'order')} with events in several currencies, such as ${escapeControls(mixedOrders.id)}: that of the earliest purchase event counts, product lines in another do not`,
        ]),
    ...suspiciousIds.map(
      ({ id, deliveries }) =>
        `order id ${escapeControls(id)} is in ${formatQuantity(deliveries, 'purchase event')} and counts as one order; if it is a placeholder, add it to orders.ignore_ids`,
    ),
  ];
}

type Purchases = NonNullable<RunReport['purchases']>;

function renderCurrencies({
  currencies,
  currencyCount,
  convertedTo,
  unconverted,
}: Purchases): string[] {
  if (convertedTo === null) {
    const more = currencyCount - currencies.length;
    const names = `${currencies.map(escapeControls).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
    return currencyCount > 1
      ? [
          `orders are in several currencies (${names}): revenue adds their amounts as sent; set money.currency and money.rates to convert them`,
        ]
      : [];
  }
  return unconverted.map(({ currency, orders }) =>
    currency === null
      ? `${formatQuantity(orders, 'order')} without a currency: in no sum of money; set money.assume to the currency they are in`
      : `${formatQuantity(orders, 'order')} in ${escapeControls(currency)} without an exchange rate to ${convertedTo} on their day: in no sum of money; add it to the file of money.rates`,
  );
}

function renderBots({ bots }: RunReport): string[] {
  if (bots === undefined || (bots.sessions === 0 && bots.events === 0)) {
    return [];
  }
  const { sessions, events, countedSessions, isLeftOut } = bots;
  const found = `${formatQuantity(sessions, 'session')} and ${formatQuantity(events, 'event')} of bots on the dates of this run`;
  if (!isLeftOut) {
    return [`${found}: counted, as bots: include says`];
  }
  // Most sessions: perhaps the events come from a server or an app that names itself like a bot.
  const remedy = sessions > countedSessions ? '; bots: include counts them' : '';
  return [`${found}: left out of metrics${remedy}`];
}

function renderTablesWritten(report: RunReport, output: Output): string[] {
  if (report.tablesWritten.length === 0) {
    return [];
  }
  const rows = report.tablesWritten.map(({ table, version, rowsWritten }) => [
    table,
    formatCount(version),
    formatCount(rowsWritten),
  ]);
  const columns = [
    { title: 'table written' },
    { title: 'version', align: 'right' as const },
    { title: 'rows written', align: 'right' as const },
  ];
  return renderTable(columns, rows, { paintTitle: output.style.bold });
}

function renderRegistered({ registered = [] }: RunReport): string[] {
  const [first] = registered;
  if (first === undefined) {
    return [];
  }
  const place = first.slice(0, first.lastIndexOf('.'));
  return [`${formatQuantity(registered.length, 'table')} registered in ${place}`];
}

function renderFiles(title: string, files: readonly string[], output: Output): string[] {
  return renderShortList(
    title,
    [{ title: '' }],
    files.map((file) => [file]),
    output,
  );
}

/** Most frequent first, then by name. */
function sortCounts(counts: Record<string, number>): [string, number][] {
  return Object.entries(counts).sort(
    ([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1),
  );
}

function renderChecks({ checks = [] }: RunReport, output: Output): string[] {
  const failed = checks.filter(({ failedRows }) => failedRows > 0);
  return renderShortList(
    'checks that rows do not meet',
    [{ title: '' }, { title: '' }, { title: '', align: 'right' }, { title: '' }],
    failed.map(({ level, table, failedRows, condition }) => [
      level,
      table,
      formatQuantity(failedRows, 'row'),
      condition,
    ]),
    output,
  );
}

function refuseFailedChecks({ checks = [] }: RunReport): void {
  const failed = checks.find(({ level, failedRows }) => level === 'fail' && failedRows > 0);
  if (failed === undefined) {
    return;
  }
  throw new ClicklakeError(
    'check_failed',
    `${formatQuantity(failed.failedRows, 'row')} of ${failed.table} ${failed.failedRows === 1 ? 'does' : 'do'} not meet its check: ${failed.condition}`,
    { hint: 'everything is written; look at the rows with `clicklake query`' },
  );
}

async function refuseDamaged({ damaged }: RunReport): Promise<void> {
  if (damaged.length > 0) {
    const { damagedError } = await import('../pipeline/run.ts');
    throw damagedError(damaged);
  }
}

function refuseUnreadable(report: RunReport): void {
  const [first] = report.unreadable;
  if (first !== undefined) {
    throw new ClicklakeError(
      'input_refused',
      `${formatQuantity(report.unreadable.length, 'file')} under bronze/ cannot be read: ${pathAndReason(first)}`,
      {
        hint: `${first.hint ?? 'put an intact file there under the same name'}; runs end like this until the file is replaced in its place, moved or removed; everything else is done`,
      },
    );
  }
}

/**
 * Throws for sources without events. The run has succeeded, but their tables are empty, usually
 * because the fields have other names.
 */
function refuseSourcesWithoutEvents({ sourcesWithoutEvents, unknownTypes = [] }: RunReport): void {
  const [first, ...others] = sourcesWithoutEvents;
  if (first === undefined) {
    return;
  }
  const { source, lines, reason, linesWithReason, line } = first;
  const types = unknownTypes.find((each) => each.source === source)?.types ?? [];
  const more =
    others.length === 0 ? '' : ` (and so ${others.map((each) => each.source).join(', ')})`;
  const counts = `${lines === 1 ? 'its only line is' : `all its ${formatCount(lines)} lines are`} in quarantine${lines === 1 ? '' : `, ${formatCount(linesWithReason)}`} as ${reason}`;
  const sample = cutText(escapeControls(line), MAX_LINE_WIDTH);
  throw new ClicklakeError(
    'input_refused',
    `source ${source} has no valid event: ${counts}, for example ${sample}${more}`,
    { hint: `${hintFor(first, types)}; see also: clicklake quarantine list --reason ${reason}` },
  );
}

function hintFor(
  { source, lines, linesWithReason, hasObjects }: RunReport['sourcesWithoutEvents'][number],
  types: UnknownTypes['types'],
): string {
  if (!hasObjects) {
    return NO_OBJECTS_HINT;
  }
  if (types.length > 0 && linesWithReason === lines) {
    return `its event types are unknown: ${showTypes(types)}; add them to sources.${source}.event_types, or to its ignore, then clicklake run --full-refresh`;
  }
  return `clicklake init --from FILE --source ${source}, in another folder, proposes a mapping for its fields: put it into clicklake.yaml, then clicklake run --full-refresh`;
}
