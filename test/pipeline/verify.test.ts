import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openTestLake } from './lake-support.ts';

const LINES = ['a', 'b', 'c']
  .map((id) =>
    JSON.stringify({
      event_id: id,
      user_id: 'u',
      session_id: 's',
      event_type: 'page_view',
      event_timestamp: `2026-01-05T10:00:0${id.charCodeAt(0) - 97}Z`,
    }),
  )
  .join('\n');

describe('verify', () => {
  it('names the row when somebody has changed a table behind our back', async () => {
    await using lake = await openTestLake({ now: () => Date.UTC(2026, 1, 1) });
    await lake.receive('f.ndjson', LINES);
    await lake.lake.run({ fullRefresh: false });
    const table = `${lake.settings.lake}/gold/sessions`;
    const name = (await readdir(table)).find((each) => each.endsWith('.parquet'));
    await rewriteParquet(`${table}/${name}`, `${table}/_delta_log`);
    const { checks } = await lake.lake.verify();
    const different = checks.filter((check) => !check.isEqual);
    expect(different[0]).toMatchObject({
      name: 'gold_sessions: event_count of session_id "s"',
      expected: '3',
      actual: '4',
    });
    expect(different.map((check) => check.name)).toContain('gold_sessions: sum of event_count');
  });

  it('says when lines have vanished from Bronze', async () => {
    await using lake = await openTestLake({ now: () => Date.UTC(2026, 1, 1) });
    await lake.receive('f.ndjson', LINES);
    await lake.lake.run({ fullRefresh: false });
    const folder = `${lake.settings.lake}/bronze/test/date=2026-02-01`;
    await promisify(execFile)('sed', ['-i', '$d', `${folder}/f.ndjson`]);
    await expect(lake.lake.verify()).rejects.toMatchObject({
      code: 'bronze_damaged',
      message: expect.stringContaining(
        'bronze/test/date=2026-02-01/f.ndjson has changed since ingest',
      ),
    });
  });
});

/** Adds one to every event_count of a data file, and tells the log of the size it has then. */
async function rewriteParquet(path: string, log: string): Promise<void> {
  const { size: sizeBefore } = await stat(path);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(
    `CREATE TABLE t AS SELECT * REPLACE (event_count + 1 AS event_count) FROM read_parquet('${path}', hive_partitioning = false)`,
  );
  await connection.run(`COPY t TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  const { size: sizeAfter } = await stat(path);
  for (const commit of (await readdir(log)).filter((name) => name.endsWith('.json'))) {
    const text = await readFile(`${log}/${commit}`, 'utf8');
    const changed = text.replace(`"size":${sizeBefore},`, `"size":${sizeAfter},`);
    await writeFile(`${log}/${commit}`, changed);
  }
}
