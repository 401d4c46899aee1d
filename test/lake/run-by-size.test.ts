/** Engine `auto`, where no Spark answers: a run that is Spark's ends with an error. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { openDisposable, openTestLake, type TestLake } from '../pipeline/lake-support.ts';

/** Nothing listens there. */
const NO_SPARK = { url: 'sc://127.0.0.1:1' };
const SPARK_IS_ASKED = { code: 'server_unavailable' };

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
  expect(report.engineChoice?.bytesToRead).toBe(Buffer.byteLength(messyLines(0, 200)));
  const engineChoice = { why: 'size', bytesToRead: 0 };
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

it('asks for the URL of Spark before the first large run needs it', async () => {
  await using made = await openWithLines();
  await using lake = await openDisposable(
    { ...automatic(made.settings), spark: { url: undefined } },
    {},
  );
  for (const run of [lake.run(), lake.previewRun()]) {
    await expect(run).rejects.toMatchObject({
      code: 'config_invalid',
      hint: expect.stringContaining('spark.url'),
    });
  }
});
