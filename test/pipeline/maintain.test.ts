import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLake } from '../../src/lake/open-lake.ts';
import { openTestLake } from './lake-support.ts';

const line = (id: string): string =>
  JSON.stringify({
    event_id: id,
    user_id: 'u',
    session_id: 's',
    event_type: 'page_view',
    event_timestamp: '2026-01-05T10:00:00Z',
    coupon: `c-${id}`,
  });

it('maintain keeps the values of a column that is no longer declared', async () => {
  await using lake = await openTestLake({}, (settings) => ({
    ...settings,
    silver: { ...settings.silver, extraColumns: [{ name: 'coupon', type: 'string' }] },
  }));
  for (const id of ['a', 'b']) {
    await lake.receive(`${id}.ndjson`, line(id));
    await lake.lake.run({ fullRefresh: false });
  }
  const undeclared = await openLake({
    ...lake.settings,
    silver: { ...lake.settings.silver, extraColumns: [] },
  });
  const { tables } = await undeclared.maintain({ dryRun: false });
  await undeclared.close();
  expect(tables.find(({ table }) => table === 'silver_events')).toMatchObject({
    filesCompacted: 2,
    filesWritten: 1,
  });
  expect(await lake.rows('SELECT event_id, coupon FROM silver_events ORDER BY 1')).toEqual([
    { event_id: 'a', coupon: 'c-a' },
    { event_id: 'b', coupon: 'c-b' },
  ]);
});

it('maintain says beforehand which checkpoints it will write', async () => {
  await using lake = await openTestLake();
  for (const id of ['a', 'b']) {
    await lake.receive(`${id}.ndjson`, line(id));
    await lake.lake.run({ fullRefresh: false });
  }
  const checkpoints = async (dryRun: boolean) =>
    (await lake.lake.maintain({ dryRun })).tables.map((table) => [
      table.table,
      table.checkpointVersion,
    ]);
  const announced = await checkpoints(true);
  expect(announced).toContainEqual(['silver_events', 2]);
  expect(await checkpoints(false)).toEqual(announced);
});

it('says that another tool has spoiled the number of the lake format', async () => {
  await using lake = await openTestLake();
  await lake.receive('a.ndjson', line('a'));
  const commit = join(lake.settings.lake, 'bronze/_ledger/_delta_log/00000000000000000000.json');
  const text = await readFile(commit, 'utf8');
  await writeFile(commit, text.replace(/("clicklake.formatVersion":)"\d+"/, '$1"abc"'));
  await expect(lake.lake.status()).rejects.toMatchObject({
    code: 'table_corrupt',
    message: expect.stringMatching(
      /_ledger: .*clicklake.formatVersion is "abc", which is not a number$/,
    ),
  });
});
