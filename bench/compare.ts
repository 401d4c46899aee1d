/** Have Clicklake and the hand-written job come to the same? Column by column, over every row. */
import { DuckDBInstance } from '@duckdb/node-api';
import { clicklake } from './measure.ts';

/** Where a line came from and when is not known to the hand-written job. */
const ONLY_OURS = new Set(['bronze_path', 'received_at', 'received_date', 'raw_base64']);

/** Table and where the hand-written job has put it. */
const TABLES: Readonly<Record<string, string>> = {
  silver_events: 'events/**/*.parquet',
  silver_items: 'items/**/*.parquet',
  silver_quarantine: 'quarantine.parquet',
  gold_identities: 'gold/identities.parquet',
  gold_sessions: 'gold/sessions.parquet',
  gold_users: 'gold/users.parquet',
  gold_conversion_metrics: 'gold/conversion_metrics.parquet',
  gold_event_metrics: 'gold/event_metrics.parquet',
  gold_funnel: 'gold/funnel.parquet',
  gold_products: 'gold/products.parquet',
};

export interface Comparison {
  /** Rows per table, as Clicklake has them. */
  rows: Record<string, string>;
  /** One sentence each; none: the results are the same. */
  differences: string[];
}

/** The lake's tables against the Parquet files under `output`. */
export async function compareTables(lake: string, output: string): Promise<Comparison> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  const rows: Record<string, string> = {};
  const differences: string[] = [];
  for (const [table, files] of Object.entries(TABLES)) {
    await connection.run(`CREATE VIEW ${table} AS SELECT * FROM read_parquet('${output}/${files}',
      hive_partitioning = true, hive_types_autocast = true)`);
    const columns = await columnsOf(lake, table);
    const sql = fingerprint(table, columns);
    const ours = await query(lake, sql);
    const theirs = (await connection.runAndReadAll(sql)).getRowObjects()[0] ?? {};
    rows[table] = String(ours.row_count);
    for (const name of Object.keys(ours)) {
      if (String(ours[name]) !== String(theirs[name])) {
        differences.push(`${table}.${name}: ${ours[name]} here, ${theirs[name]} by hand`);
      }
    }
  }
  connection.closeSync();
  return { rows, differences };
}

/**
 * One row: the number of rows, for each column the sum of its values' hashes, and that of whole rows.
 * As text, so that a number counts the same whatever integer type holds it.
 */
function fingerprint(table: string, columns: readonly string[]): string {
  const texts = columns.map((name) => `CAST(${name} AS VARCHAR)`);
  const sums = columns.map((name, index) => `${sumOfHashes(texts[index] ?? '')} AS ${name}`);
  return `SELECT CAST(count(*) AS VARCHAR) AS row_count, ${sums.join(', ')},
    ${sumOfHashes(texts.join(', '))} AS whole_rows FROM ${table}`;
}

function sumOfHashes(values: string): string {
  return `CAST(sum(CAST(hash(${values}) AS HUGEINT)) AS VARCHAR)`;
}

async function columnsOf(lake: string, table: string): Promise<string[]> {
  const { stdout } = await clicklake(['query', `DESCRIBE ${table}`, '--json', '--lake', lake]);
  const described = JSON.parse(stdout) as { column_name: string }[];
  return described.map((row) => row.column_name).filter((name) => !ONLY_OURS.has(name));
}

async function query(lake: string, sql: string): Promise<Record<string, unknown>> {
  const { stdout } = await clicklake(['query', sql, '--json', '--lake', lake]);
  return (JSON.parse(stdout) as Record<string, unknown>[])[0] ?? {};
}
