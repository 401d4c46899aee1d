import type { Command } from 'commander';
import { ClicklakeError } from '../errors.ts';
import type { QueryRow, QueryStream } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatCount, formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { layOutTable, renderTable } from './table.ts';

/** The widths of the columns are those of at least so many rows, if the result has them. */
const ROWS_FOR_WIDTHS = 500;

/** The version of the tables to read, by number or by time. */
type AsOf = { version: number } | { timestampMs: number };

export function registerQuery(program: Command, cli: Cli): void {
  program
    .command('query')
    .summary('query the tables with SQL')
    .description(
      'Runs one SQL query (DuckDB dialect) over bronze_files, silver_events, silver_items, silver_quarantine and the gold_ tables. Nothing is changed. --json prints one array of row objects, in which decimals and integers beyond 2^53 are strings.',
    )
    .argument('<sql>', 'the query, or - to read it from standard input')
    .option('--as-of <when>', 'tables as of a version (12) or a UTC time (2026-01-31T12:00:00Z)')
    .addHelpText(
      'after',
      examples([
        ['clicklake query "SHOW TABLES"', 'and DESCRIBE gold_funnel'],
        ['clicklake query "SELECT * FROM gold_funnel LIMIT 5"', ''],
        ['clicklake query "FROM gold_sessions" --json | jq length', ''],
        ['clicklake query - < report.sql', ''],
        ['clicklake query "SELECT count(*) FROM silver_events" --as-of 3', ''],
      ]),
    )
    .action(async (sql: string, options: { asOf?: string }, command: Command) => {
      const asOf = options.asOf === undefined ? undefined : parseAsOf(options.asOf);
      const text = sql === '-' ? await readAll(cli.io.stdin) : sql;
      if (text.trim() === '') {
        throw new ClicklakeError('usage', 'the query is empty', {
          hint: 'for example: clicklake query "SELECT * FROM gold_funnel"',
        });
      }
      await cli.withLake(command, async (lake, output) => {
        const result = await lake.queryBatches(text, asOf === undefined ? {} : { asOf });
        await (output.isJson ? printJson(result, output) : printTable(result, output));
      });
    });
}

/**
 * A whole number is a version; anything else an ISO 8601 date or time, in UTC unless it has an
 * offset.
 */
function parseAsOf(when: string): AsOf {
  if (/^\d{1,15}$/.test(when)) {
    return { version: Number(when) };
  }
  const match =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s?(Z|[+-]\d\d:\d\d)?)?$/.exec(
      when,
    );
  const [, date, time = '00:00', offset = 'Z'] = match ?? [];
  const timestampMs = Date.parse(`${date}T${time}${offset}`);
  const dayExists = date !== undefined && new Date(`${date}T00:00Z`).toJSON()?.startsWith(date);
  if (Number.isNaN(timestampMs) || !dayExists) {
    throw new ClicklakeError('usage', `--as-of ${when} is neither a version nor a time`, {
      hint: 'give a version such as 12, or a UTC time such as 2026-01-31T12:00:00Z',
    });
  }
  return { timestampMs };
}

/**
 * Prints the first rows together, then each batch at once, so a large result starts quickly.
 * Columns may become wider between batches. If the terminal is too narrow for the titles, prints one field a line.
 */
async function printTable({ columns, batches }: QueryStream, output: Output): Promise<void> {
  const layout = layOutTable(
    columns.map(({ name, type }) => ({ title: name, align: isNumeric(type) ? 'right' : 'left' })),
    { maxWidth: output.width, isWhole: output.width === undefined, paintTitle: output.style.bold },
  );
  const names = columns.map(({ name }) => name);
  let rowCount = 0;
  let isTable: boolean | undefined;
  for await (const batch of gatherFirst(batches)) {
    const rows = batch.map((row) => names.map((name) => showValue(row[name])));
    layout.widenFor(rows);
    // Decided once, by the first batch.
    isTable ??= layout.fits();
    await output.print(
      isTable
        ? [...(rowCount === 0 ? layout.titles() : []), ...rows.map(layout.line)]
        : rows.flatMap((row, index) => renderFields(names, row, rowCount + index + 1, output)),
    );
    rowCount += rows.length;
  }
  await output.print([
    ...(rowCount === 0 ? layout.titles() : []),
    output.style.dim(`(${formatQuantity(rowCount, 'row')})`),
  ]);
}

/** Joins the first batches: a table of many small files comes in batches of a few rows. */
async function* gatherFirst(batches: QueryStream['batches']): AsyncGenerator<QueryRow[]> {
  const first: QueryRow[] = [];
  let isPrinted = false;
  for await (const batch of batches) {
    if (isPrinted) {
      yield batch;
      continue;
    }
    first.push(...batch);
    if (first.length >= ROWS_FOR_WIDTHS) {
      isPrinted = true;
      yield first;
    }
  }
  if (!isPrinted && first.length > 0) {
    yield first;
  }
}

/** The number of the row, then a line for each of its fields. */
function renderFields(
  names: readonly string[],
  row: readonly string[],
  number: number,
  { style, width }: Output,
): string[] {
  const fields = names.map((name, index) => [name, row[index] ?? '']);
  return [
    style.bold(`row ${formatCount(number)}`),
    ...renderTable([{ title: '' }, { title: '' }], fields, { indent: '  ', maxWidth: width }),
  ];
}

/** Prints one array, one row per line. */
async function printJson({ batches }: QueryStream, output: Output): Promise<void> {
  let last: string | undefined;
  let isFirst = true;
  for await (const batch of batches) {
    const lines: string[] = [];
    for (const row of batch) {
      if (last !== undefined) {
        lines.push(`${last},`);
      }
      last = `${isFirst ? '[' : ' '}${JSON.stringify(row)}`;
      isFirst = false;
    }
    await output.print(lines);
  }
  await output.print([last === undefined ? '[]' : `${last}]`]);
}

function isNumeric(type: string): boolean {
  return /^(?:u?(?:tiny|small|big|huge)?int(?:eger)?|float|double|real|decimal\b.*)$/i.test(type);
}

function showValue(value: unknown): string {
  if (value === null || value === undefined) {
    return 'null';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
