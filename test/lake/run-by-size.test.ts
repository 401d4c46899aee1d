/** Engine `auto`, where no Spark answers: a run that is Spark's ends with an error. */
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { runKilledAfter, runKilledInGold } from '../pipeline/gold-support.ts';
import { openDisposable, openTestLake, type TestLake } from '../pipeline/lake-support.ts';

/** Nothing listens there. */
const NO_SPARK = { url: 'sc://127.0.0.1:1' };
const SPARK_IS_ASKED = {
  code: 'server_unavailable',
  hint: expect.stringContaining('engine auto leaves this run to Spark: it '),
};

const automatic = (settings: Settings, spark: Partial<Settings['spark']> = {}): Settings => ({
  ...settings,
  engine: 'auto',
  spark: { ...NO_SPARK, ...spark },
});

async function openWithLines(): Promise<TestLake> {
  const made = await openTestLake({}, (settings) => ({ ...settings, engine: 'duckdb' }));
  await made.receive('first.ndjson', messyLines(0, 200));
  return made;
}

/** What the next run would be, of a lake with these settings. */
async function chosenFor(settings: Settings, fullRefresh = false): Promise<string> {
  await using lake = await openDisposable(settings, {});
  try {
    const { engine, engineChoice } = await lake.previewRun({ fullRefresh });
    expect(engineChoice?.why).toBe('size');
    return engine;
  } catch (error) {
    expect(error).toMatchObject(SPARK_IS_ASKED);
    return 'spark';
  }
}

it('computes a small run with DuckDB, and asks no Spark', async () => {
  await using made = await openWithLines();
  await using lake = await openDisposable(automatic(made.settings), {});
  const report = await lake.run();
  expect(report).toMatchObject({ engine: 'duckdb', lines: 200 });
  const runBytes = Buffer.byteLength(messyLines(0, 200));
  expect(report.engineChoice).toEqual({ why: 'size', runBytes, sparkFromBytes: 10e9 });
  const engineChoice = { why: 'size', runBytes: 0, sparkFromBytes: 10e9 };
  expect(await lake.run()).toMatchObject({ engine: 'duckdb', engineChoice, tablesWritten: [] });
});

it('leaves a large run to Spark, of which nothing is lost when no Spark answers', async () => {
  await using made = await openWithLines();
  await mkdir(join(made.settings.lake, 'bronze/web'), { recursive: true });
  await writeFile(join(made.settings.lake, 'bronze/web/second.ndjson'), messyLines(1, 200));
  {
    await using lake = await openDisposable(automatic(made.settings, { fromMb: 0.01 }), {});
    await expect(lake.run()).rejects.toMatchObject(SPARK_IS_ASKED);
  }
  await using lake = await openDisposable(automatic(made.settings), {});
  expect(await lake.run()).toMatchObject({ engine: 'duckdb', lines: 400, discovered: [] });
  expect((await lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
});

it('counts the lines of all files where everything is computed again', async () => {
  await using made = await openWithLines();
  await made.lake.run();
  await made.receive('second.ndjson', messyLines(1, 10));
  // More than the second file has, and less than both.
  const settings = automatic(made.settings, { fromMb: 0.01 });
  expect(await chosenFor(settings)).toBe('duckdb');
  expect(await chosenFor(settings, true)).toBe('spark');
  expect(await chosenFor({ ...settings, sessions: { timeoutMinutes: 5, derive: 'always' } })).toBe(
    'spark',
  );
  const models = join(made.folder, 'models');
  await mkdir(models);
  await writeFile(
    join(models, 'gold_days.sql'),
    `-- gold_days: one row per date.
-- grain: date
-- refresh: full
-- reads: gold_sessions
SELECT
  CAST(session_date AS DATE) AS date,       -- the date
  CAST(count(*) AS BIGINT) AS session_count -- sessions [sessions]
FROM gold_sessions
GROUP BY session_date
`,
  );
  expect(await chosenFor({ ...settings, models })).toBe('spark');
});

it('leaves the run that makes a table to Spark, if tables are registered', async () => {
  await using made = await openWithLines();
  const settings = automatic(made.settings, { schema: 'shop' });
  expect(await chosenFor(settings)).toBe('spark');
  await made.lake.run();
  await made.receive('second.ndjson', messyLines(1, 10));
  expect(await chosenFor(settings)).toBe('duckdb');
});

it('counts lines that a killed run has brought to Silver, but not to Gold', async () => {
  await using made = await openWithLines();
  await made.lake.run();
  await made.receive('second.ndjson', messyLines(1, 200));
  await runKilledInGold(made.settings, 2);
  await made.receive('third.ndjson', messyLines(2, 1));
  const pending = Buffer.byteLength(messyLines(1, 200) + messyLines(2, 1));
  await using lake = await openDisposable(automatic(made.settings), {});
  const { engineChoice } = await lake.previewRun();
  expect(engineChoice?.runBytes).toBe(pending);
  expect((await lake.run()).engineChoice?.runBytes).toBe(pending);
  expect((await lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
});

it.each(['silver/events', 'gold/sessions'])(
  'rebuilds a damaged %s with DuckDB in a small full refresh',
  async (root) => {
    await using made = await openWithLines();
    await made.lake.run();
    const log = join(made.settings.lake, root, '_delta_log');
    const [first] = (await readdir(log)).filter((name) => name.endsWith('.json')).sort();
    await writeFile(join(log, String(first)), '{');
    await using lake = await openDisposable(automatic(made.settings), {});
    await expect(lake.run()).rejects.toMatchObject({ code: 'table_corrupt' });
    expect(await lake.run({ fullRefresh: true })).toMatchObject({ engine: 'duckdb', lines: 200 });
    expect((await lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  },
);

it('does not count repeated files, nor damaged ones and those that wait for them', async () => {
  await using made = await openWithLines();
  await made.lake.run();
  const bronze = join(made.settings.lake, 'bronze/test');
  const [received] = await made.rows('SELECT path FROM bronze_files');
  await copyFile(join(made.settings.lake, String(received?.path)), join(bronze, 'copy.ndjson'));
  await using lake = await openDisposable(automatic(made.settings, { fromMb: 0.001 }), {});
  const nothing = { engine: 'duckdb', engineChoice: { runBytes: 0 } };
  expect(await lake.previewRun()).toMatchObject(nothing);
  expect(await lake.run()).toMatchObject(nothing);

  await made.receive('second.ndjson', messyLines(1, 200));
  await made.receive('third.ndjson', messyLines(2, 200));
  const [second] = await made.rows(
    'SELECT path FROM bronze_files ORDER BY file_number DESC LIMIT 1 OFFSET 1',
  );
  await rm(join(made.settings.lake, String(second?.path)));
  expect(await lake.previewRun()).toMatchObject(nothing);
  expect(await lake.run()).toMatchObject({ ...nothing, damaged: [{ path: second?.path }] });
});

it('is refused without Spark, if it would be refused there', async () => {
  await using made = await openWithLines();
  await made.lake.run();
  await made.receive('second.ndjson', messyLines(1, 200));
  const sources = { test: { fields: { user_id: 'visitor' } } };
  const settings = automatic({ ...made.settings, sources }, { fromMb: 0.001 });
  await using lake = await openDisposable(settings, {});
  await expect(lake.run()).rejects.toMatchObject({ code: 'mapping_changed' });
  await expect(lake.previewRun()).rejects.toMatchObject({ code: 'mapping_changed' });
});

it('is Spark’s when it finishes a batch that is too large for DuckDB', async () => {
  await using made = await openWithLines();
  const duckdb = { ...made.settings.duckdb, memoryLimitMb: 128 };
  await runKilledAfter(made.settings, 1, /^put silver\/.*_delta_log/);
  expect(await chosenFor(automatic({ ...made.settings, duckdb }))).toBe('duckdb');
  const silver = { ...made.settings.silver, maxBatchMb: 0.01 };
  const settings = automatic({ ...made.settings, silver });
  await using lake = await openDisposable(settings, {});
  const hint = expect.stringContaining('it finishes a batch of Spark');
  await expect(lake.run()).rejects.toMatchObject({ ...SPARK_IS_ASKED, hint });
});

it('tries to reach Spark again in the next run', async () => {
  await using made = await openWithLines();
  await using lake = await openDisposable(automatic(made.settings, { fromMb: 0.001 }), {});
  await expect(lake.run()).rejects.toMatchObject(SPARK_IS_ASKED);
  const first = await lake.run().catch((error: unknown) => error);
  const second = await lake.run().catch((error: unknown) => error);
  expect(second).toMatchObject(SPARK_IS_ASKED);
  expect(second).not.toBe(first);
});

it('asks for the URL of Spark before the first large run needs it', async () => {
  await using made = await openWithLines();
  const settings = { ...automatic(made.settings), spark: { url: undefined } };
  await expect(openDisposable(settings, {})).rejects.toMatchObject({
    code: 'config_invalid',
    message: 'engine auto needs a Spark Connect URL',
    hint: expect.stringContaining('spark.url'),
  });
});
