import { expect, it } from 'vitest';
import { openTestLake } from './lake-support.ts';

function event(id: string, session: string, time: string, type = 'page_view'): string {
  return JSON.stringify({
    event_id: id,
    user_id: `user of ${session.slice(0, 1)}`,
    session_id: session,
    event_type: type,
    event_timestamp: time,
  });
}

const FIRST = [
  event('1', 'a1', '2026-01-01T10:00:00Z'),
  event('2', 'a2', '2026-01-03T10:00:00Z'),
  event('3', 'b1', '2026-01-02T10:00:00Z'),
  'no event',
].join('\n');
/** A later event of a session, an earlier session of the same user, and a repetition. */
const SECOND = [
  event('4', 'a1', '2026-01-01T10:05:00Z', 'purchase'),
  event('5', 'a0', '2025-12-31T10:00:00Z'),
  event('3', 'b1', '2026-01-02T10:00:00Z'),
].join('\n');

it('a plan says what the run then writes, and writes nothing itself', async () => {
  await using shop = await openTestLake();
  for (const [name, text] of Object.entries({ first: FIRST, second: SECOND })) {
    await shop.receive(`${name}.jsonl`, text);
    const before = await shop.lake.status();
    const plan = await shop.lake.previewRun({ fullRefresh: false });
    expect(await shop.lake.status()).toEqual(before);
    const report = await shop.lake.run({ fullRefresh: false });
    expect(plan.batches.map(({ lines }) => lines)).toEqual([report.lines]);
    expect(plan.batches.map(({ valid }) => valid)).toEqual([report.valid]);
    // Where keys are looked up, a table writes the other rows of the files it touches again.
    const rows = Object.fromEntries(plan.writes.map((write) => [write.table, write.rows]));
    for (const { table, rowsWritten } of report.tablesWritten) {
      expect(rows[table], `${name}: ${table}`).toBeLessThanOrEqual(rowsWritten);
    }
    expect(Object.keys(rows).sort()).toEqual(report.tablesWritten.map(({ table }) => table).sort());
  }
});

it('a plan tells the rows of Gold by what new events touch', async () => {
  await using shop = await openTestLake();
  await shop.receive('first.jsonl', FIRST);
  const first = await shop.lake.previewRun({ fullRefresh: false });
  expect(first.writes.find(({ table }) => table === 'gold_sessions')).toEqual({
    table: 'gold_sessions',
    how: 'replaces all rows',
    rows: 3,
    dates: [],
    of: null,
    why: 'there is no Gold yet',
  });
  await shop.lake.run({ fullRefresh: false });
  expect((await shop.lake.previewRun({ fullRefresh: false })).writes).toEqual([]);
  await shop.receive('second.jsonl', SECOND);
  const second = await shop.lake.previewRun({ fullRefresh: false });
  const write = (name: string) => second.writes.find(({ table }) => table === name);
  // a0 is new, a1 has changed, and a2 gets another number.
  expect(write('gold_sessions')).toMatchObject({ rows: 3, of: 3, how: 'replaces rows by key' });
  expect(write('gold_sessions')?.dates).toEqual(['2025-12-31', '2026-01-01', '2026-01-03']);
  expect(write('gold_users')).toMatchObject({ rows: 1, of: 2 });
  expect(write('gold_funnel')).toMatchObject({ rows: 2, dates: ['2025-12-31', '2026-01-01'] });
  expect(write('silver_events')).toMatchObject({ rows: 2, how: 'adds rows' });
  const full = await shop.lake.previewRun({ fullRefresh: true });
  expect(full.writes.find(({ table }) => table === 'gold_sessions')).toMatchObject({
    rows: 4,
    of: 3,
    why: 'full refresh',
  });
});
