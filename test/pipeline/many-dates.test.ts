/** Few events on many dates: what a run writes of them, and lakes whose Gold was laid out otherwise before. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

const DAY_MS = 86_400_000;
const TYPES = ['product_view', 'add_to_cart', 'checkout', 'purchase'];

/** Two sessions a day, of two events each. */
function linesOfDays(first: number, count: number): string {
  const lines = Array.from({ length: count * 4 }, (_, index) => {
    const day = first + Math.floor(index / 4);
    return JSON.stringify({
      event_id: `e${day}-${index % 4}`,
      user_id: `u${day % 7}`,
      session_id: `s${day}-${index % 2}`,
      event_type: TYPES[index % 4],
      event_timestamp: new Date(Date.UTC(2026, 0, 1 + day, 10, index % 4)).toISOString(),
      product_id: 'p',
      price: 10,
      device: 'mobile',
    });
  });
  return `${lines.join('\n')}\n`;
}

async function countFiles(lake: TestLake, root: string): Promise<number> {
  const names = await readdir(join(lake.settings.lake, root), { recursive: true });
  return names.filter((name) => name.endsWith('.parquet')).length;
}

async function expectVerified(lake: TestLake): Promise<void> {
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
}

it('writes a file per date of events, and one of each table of Gold', async () => {
  await using lake = await openTestLake({ now: () => Date.UTC(2026, 0, 1) + 60 * DAY_MS });
  await lake.receive('first.jsonl', linesOfDays(0, 20));
  await lake.lake.run({ fullRefresh: false });
  expect(await countFiles(lake, 'silver/events')).toBe(20);
  for (const root of ['sessions', 'products', 'event_metrics', 'funnel', 'users']) {
    expect(await countFiles(lake, `gold/${root}`), root).toBe(1);
  }

  // A late event and a new date: the rows of other dates stay as they are.
  const late = linesOfDays(3, 1).split('\n')[0]?.replace('e3-0', 'late') ?? '';
  await lake.receive('second.jsonl', `${late}\n${linesOfDays(20, 1)}`);
  await lake.lake.run({ fullRefresh: false });
  await expectVerified(lake);
  expect(
    await lake.rows(
      `SELECT date, sum(event_count) AS n FROM gold_event_metrics GROUP BY date HAVING n <> 4`,
    ),
  ).toEqual([{ date: '2026-01-04', n: 5 }]);
});

it.each([
  ['sessions', 'session_date'],
  ['products', 'date'],
  ['funnel', 'session_date'],
  ['event_metrics', 'date'],
])('rebuilds Gold where gold_%s has the partitions of an earlier version', async (name, column) => {
  await using lake = await openTestLake({ now: () => Date.UTC(2026, 0, 1) + 60 * DAY_MS });
  await lake.receive('first.jsonl', linesOfDays(0, 1));
  await lake.lake.run({ fullRefresh: false });
  await partitionAsBefore(lake, name, column);
  await lake.reopen();
  expect(await lake.rows(`SELECT DISTINCT ${column} AS d FROM gold_${name}`)).toEqual([
    { d: '2026-01-01' },
  ]);

  await lake.receive('second.jsonl', linesOfDays(1, 2));
  await lake.lake.run({ fullRefresh: false });
  await expectVerified(lake);
  const log = await readLog(lake, name);
  expect(log.flatMap(({ metaData }) => metaData?.partitionColumns ?? [])).toEqual([]);
});

interface Action {
  metaData?: { partitionColumns: string[] };
  add?: { partitionValues: Record<string, string> };
}

function firstCommit(lake: TestLake, name: string): string {
  return join(lake.settings.lake, `gold/${name}/_delta_log/00000000000000000000.json`);
}

async function readLog(lake: TestLake, name: string): Promise<Action[]> {
  const text = await readFile(firstCommit(lake, name), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The log of a table with one date as it was when the table was partitioned. */
async function partitionAsBefore(lake: TestLake, name: string, column: string): Promise<void> {
  const actions = await readLog(lake, name);
  for (const { metaData, add } of actions) {
    if (metaData !== undefined) {
      metaData.partitionColumns = [column];
    }
    if (add !== undefined) {
      add.partitionValues = { [column]: '2026-01-01' };
    }
  }
  await writeFile(
    firstCommit(lake, name),
    actions.map((action) => `${JSON.stringify(action)}\n`).join(''),
  );
}
