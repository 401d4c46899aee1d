import { expect, it } from 'vitest';
import { openLake } from '../../src/pipeline/lake.ts';
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
