/** The summary that we write beside a commit says what Spark's own says of the same version. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeVersionChecksum } from '../../src/delta/version-checksum.ts';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { load, localContext, memoryContext, useDuckDB, useFolders } from '../delta/support.ts';
import { SPARK_URL } from '../fixtures/both-engines.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

describe.skipIf(SPARK_URL === undefined)('the summary of a version', () => {
  it('is what Spark writes, after rows came and went under a transaction', async () => {
    const folder = await newFolder();
    const spark = await openSqlConnection(
      await connectSpark(parseConnectionString(SPARK_URL ?? '')),
    );
    try {
      const table = `delta.\`${join(folder, 't')}\``;
      await spark.run(
        `CREATE TABLE ${table} (day DATE, id BIGINT) USING delta PARTITIONED BY (day)`,
      );
      await spark.driver.setConfig({
        'spark.databricks.delta.write.txnAppId': 'app',
        'spark.databricks.delta.write.txnVersion': '3',
      });
      const rows = `SELECT DATE '2026-01-05' + CAST(id % 3 AS INT) AS day, id FROM range(30)`;
      await spark.run(`INSERT INTO ${table} ${rows}`);
      await spark.run(`DELETE FROM ${table} WHERE id % 3 = 1`);
    } finally {
      await spark.close();
    }
    const snapshot = await load(localContext(folder, duckdb.checkpointFiles));
    expect(snapshot.files.length).toBeGreaterThan(1);
    const name = `t/_delta_log/${String(snapshot.version).padStart(20, '0')}.crc`;
    const context = memoryContext();
    await writeVersionChecksum(context, snapshot);
    const ours = JSON.parse((await context.storage.read(name)).toString('utf8'));
    const theirs = JSON.parse(await readFile(join(folder, name), 'utf8'));
    const byPath = (summary: { allFiles: { path: string }[] }) =>
      summary.allFiles.sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(byPath(theirs)).toMatchObject(byPath(ours));
    expect(theirs).toMatchObject(ours);
  });
});
