import type { Command } from 'commander';
import { ClicklakeError } from '../errors.ts';
import type { QueryResult } from '../pipeline/reports.ts';
import type { Cli } from './cli.ts';
import { formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { renderTable } from './table.ts';

/** Where a table is read: a version of it, or the last version at a moment. */
type AsOf = { version: number } | { timestampMs: number };

/** Rows are written in groups, so that a large result starts to appear at once. */
const ROWS_PER_WRITE = 1_000;

export function registerQuery(program: Command, cli: Cli): void {
  program
    .command('query')
    .summary('ask the tables, in SQL')
    .description(
      'Runs one SQL query (DuckDB dialect) over bronze_files, silver_events, silver_quarantine and the\ngold_ tables. Nothing is changed. --json prints one array of row objects, in which decimals and\nintegers beyond 2^53 are strings.',
    )
    .argument('<sql>', 'the query, or - to read it from standard input')
    .option('--as-of <when>', 'tables as of a version (12) or a UTC time (2026-01-31T12:00:00Z)')
    .addHelpText(
      'after',
      examples([
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
        const result = await lake.query(text, asOf === undefined ? {} : { asOf });
        await (output.isJson ? printJson(result, output) : printTable(result, output));
      });
    });
}

/** A whole number is a version; else an ISO 8601 date or time, UTC unless it carries an offset. */
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

async function printTable(result: QueryResult, output: Output): Promise<void> {
  const columns = result.columns.map(({ name, type }) => ({
    title: name,
    align: isNumeric(type) ? ('right' as const) : ('left' as const),
  }));
  const rows = result.rows.map((row) => result.columns.map(({ name }) => showValue(row[name])));
  const lines = renderTable(columns, rows, {
    maxWidth: output.width,
    paintTitle: output.style.bold,
  });
  for (let start = 0; start < lines.length; start += ROWS_PER_WRITE) {
    await output.print(lines.slice(start, start + ROWS_PER_WRITE));
  }
  await output.print([output.style.dim(`(${formatQuantity(result.rows.length, 'row')})`)]);
}

/** One array, a row a line. */
async function printJson(result: QueryResult, output: Output): Promise<void> {
  if (result.rows.length === 0) {
    await output.print(['[]']);
    return;
  }
  const last = result.rows.length - 1;
  for (let start = 0; start <= last; start += ROWS_PER_WRITE) {
    const group = result.rows.slice(start, start + ROWS_PER_WRITE);
    await output.print(
      group.map((row, index) => {
        const position = start + index;
        return `${position === 0 ? '[' : ' '}${JSON.stringify(row)}${position === last ? ']' : ','}`;
      }),
    );
  }
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
