/** What a run relies on, tried on the user's server one by one. Used to examine a server, not by runs. */
import { randomUUID } from 'node:crypto';
import type { Row } from '../session.ts';
import type { SparkConnection } from './connect/index.ts';
import { isSparkError } from './explain-error.ts';
import { plainRows } from './plain-values.ts';
import { setWriteSettings, TXN_APP_ID, TXN_VERSION } from './session-settings.ts';
import { identifier, literal } from './sql-text.ts';

/** All rows of a small result. */
async function readRows(connection: SparkConnection, sql: string): Promise<Row[]> {
  const { columns, batches } = await connection.query(sql);
  const rows: Row[] = [];
  for await (const batch of batches) {
    rows.push(...plainRows(columns, batch));
  }
  return rows;
}

/** The release of Databricks Runtime, such as `17.3`; undefined on any other Spark. */
export async function findRuntime(connection: SparkConnection): Promise<string | undefined> {
  try {
    const [row] = await readRows(connection, 'SELECT current_version().dbr_version');
    // Serverless compute has none.
    return row?.[0] == null ? 'serverless' : String(row[0]);
  } catch (error) {
    if (isSparkError(error, /^UNRESOLVED_ROUTINE$/)) {
      return undefined;
    }
    throw error;
  }
}

/** Milliseconds that a statement takes which does nothing: the middle one of five. */
export async function measureRoundTrip(connection: SparkConnection): Promise<number> {
  const durations: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const startedAt = performance.now();
    await readRows(connection, 'SELECT 1');
    durations.push(performance.now() - startedAt);
  }
  return durations.sort((a, b) => a - b)[2]!;
}

/**
 * Creates a Delta table at `url` and inserts the same row twice with one transaction, as a run that was
 * killed would. Returns the rows that Spark then finds: 1 where writing is exactly once.
 */
export async function writeTwice(connection: SparkConnection, url: string): Promise<number> {
  const table = `delta.${identifier(url)}`;
  await setWriteSettings(connection, {});
  await connection.run(`CREATE TABLE ${table} (id BIGINT, written_at TIMESTAMP) USING DELTA`);
  const transaction = { [TXN_APP_ID]: `clicklake-check-${randomUUID()}`, [TXN_VERSION]: '1' };
  for (let turn = 0; turn < 2; turn += 1) {
    await setWriteSettings(connection, transaction);
    await connection.run(
      `INSERT INTO ${table} SELECT CAST(1 AS BIGINT), TIMESTAMP '2026-01-01 00:00:00Z'`,
    );
  }
  await setWriteSettings(connection, {});
  const [row] = await readRows(connection, `SELECT count(*) FROM ${table}`);
  return Number(row?.[0]);
}

/** Registers the table at `url` under a new name in the schema, and removes the name again. */
export async function nameTable(
  connection: SparkConnection,
  url: string,
  place: { catalog: string | undefined; schema: string },
): Promise<string> {
  const name = `clicklake_check_${randomUUID().slice(0, 8)}`;
  const parts = [place.catalog, place.schema, name].filter((part) => part !== undefined);
  const sqlName = parts.map(identifier).join('.');
  await connection.run(`CREATE TABLE ${sqlName} USING DELTA LOCATION ${literal(url)}`);
  await connection.run(`DROP TABLE ${sqlName}`);
  return parts.join('.');
}
