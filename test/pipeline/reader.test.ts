/** A program that looks at a lake again and again, beside other questions of the lake. */
import { expect, it } from 'vitest';
import { openTestLake } from './lake-support.ts';

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
