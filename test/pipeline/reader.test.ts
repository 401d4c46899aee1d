/** A program that looks at a lake again and again, beside other questions of the lake. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Lake } from '../../src/lake/open-lake.ts';
import { openDisposable, openTestLake, receiveBytes } from './lake-support.ts';

it('answers while the rows of another question are still being read', async () => {
  await using test = await openTestLake();
  const line = (index: number): string =>
    JSON.stringify({
      ...{ event_id: `e${index}`, user_id: 'u1', session_id: 's1', event_type: 'page_view' },
      event_timestamp: '2026-01-05T10:00:00Z',
    });
  await test.receive(
    'one.ndjson',
    `${Array.from({ length: 5000 }, (_, n) => line(n)).join('\n')}\n`,
  );
  await test.lake.run({ fullRefresh: false });
  const reader = await test.lake.reader();

  const { batches } = await test.lake.queryBatches('SELECT event_id FROM silver_events', {});
  const rows = batches[Symbol.asyncIterator]();
  let read = (await rows.next()).value?.length ?? 0;
  expect(read).toBeLessThan(5000);

  await reader.keep(() => ({ kept: 'SELECT session_id, event_count FROM gold_sessions' }));
  expect(await reader.rows('SELECT * FROM kept')).toEqual([
    { session_id: 's1', event_count: 5000 },
  ]);

  for (let next = await rows.next(); !next.done; next = await rows.next()) {
    read += next.value.length;
  }
  expect(read).toBe(5000);
});

it('sees that a lake was made again with the same numbers of versions', async () => {
  await using test = await openTestLake();
  const receive = async (lake: Lake, count: number): Promise<void> => {
    const line = (index: number): string =>
      JSON.stringify({
        ...{ event_id: `e${index}`, user_id: 'u1', session_id: 's1', event_type: 'page_view' },
        event_timestamp: '2026-01-05T10:00:00Z',
      });
    const lines = Array.from({ length: count }, (_, index) => `${line(index)}\n`);
    await receiveBytes(lake, join(test.folder, 'one.ndjson'), lines.join(''));
    await lake.run({ fullRefresh: false });
  };
  await receive(test.lake, 1);
  const reader = await test.lake.reader();
  const keep = (): Promise<string> =>
    reader.keep(() => ({ kept: 'SELECT event_count FROM gold_sessions' }));
  const version = await keep();
  expect(await keep()).toBe(version);

  await rm(join(test.folder, 'lake'), { recursive: true });
  await using again = await openDisposable(test.settings, {});
  await receive(again, 2);
  expect(await keep()).not.toBe(version);
  expect(await reader.rows('SELECT * FROM kept')).toEqual([{ event_count: 2 }]);
});

it('keeps texts of a type that follows the versions of the tables', async () => {
  await using test = await openTestLake();
  const receive = async (name: string, countries: readonly (string | null)[]): Promise<void> => {
    const lines = countries.map((country, index) =>
      JSON.stringify({
        ...{ event_id: `${name}${index}`, user_id: `${name}${index}`, event_type: 'page_view' },
        ...{ event_timestamp: '2026-01-05T10:00:00Z', country },
      }),
    );
    await test.receive(`${name}.ndjson`, `${lines.join('\n')}\n`);
    await test.lake.run({ fullRefresh: false });
  };
  await receive('one', ['US', "a'b", null, 'DE']);
  const reader = await test.lake.reader();
  const texts = "SELECT DISTINCT COALESCE(country, '') FROM gold_sessions";
  const keep = (): Promise<string> =>
    reader.keep(
      () => ({
        kept: "SELECT CAST(COALESCE(country, '') AS country_text) AS country FROM gold_sessions",
      }),
      { country_text: texts },
    );
  const countriesWhere = async (condition: string): Promise<unknown[]> => {
    const rows = await reader.rows(
      `SELECT CAST(country AS VARCHAR) AS name FROM kept WHERE ${condition} ORDER BY country`,
    );
    return rows.map(({ name }) => name);
  };

  await keep();
  expect(await countriesWhere('true')).toEqual(['', "A'B", 'DE', 'US']);
  expect(await countriesWhere("country = 'DE' OR country = 'FR'")).toEqual(['DE']);
  expect(await countriesWhere("country = 'FR'")).toEqual([]);
  expect(await countriesWhere("NOT (country = 'FR' OR country = 'US')")).toEqual(['', "A'B", 'DE']);
  expect(await countriesWhere("contains(lower(country), lower('b'))")).toEqual(["A'B"]);

  await receive('two', ['FR']);
  await keep();
  expect(await countriesWhere("country = 'FR'")).toEqual(['FR']);
});

it('keeps texts of a type where there are none', async () => {
  await using test = await openTestLake();
  await test.receive('one.ndjson', '{}\n');
  const reader = await test.lake.reader();
  await reader.keep(
    () => ({ kept: 'SELECT CAST(device AS device_text) AS device FROM gold_sessions' }),
    { device_text: "SELECT COALESCE(device, '') FROM gold_sessions" },
  );
  expect(await reader.rows("SELECT * FROM kept WHERE device = 'mobile'")).toEqual([]);
});
