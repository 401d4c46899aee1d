/** Delta logs that somebody damaged: the hint says what helps, and it does. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { appendFile, cp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

const line = (id: number, type = 'page_view'): string =>
  `${JSON.stringify({
    event_id: `e${id}`,
    user_id: 'u',
    session_id: `s${id}`,
    event_type: type,
    event_timestamp: '2026-01-05T10:00:00Z',
  })}\n`;

/** A lake of three runs, of which most tests damage a copy. */
let threeRuns: TestLake;
beforeAll(async () => {
  threeRuns = await makeLakeOfRuns(3);
});
afterAll(() => threeRuns[Symbol.asyncDispose]());

async function copyOfThreeRuns(): Promise<TestLake> {
  const copy = await openTestLake();
  await cp(threeRuns.settings.lake, copy.settings.lake, { recursive: true });
  return copy;
}

async function makeLakeOfRuns(runs: number): Promise<TestLake> {
  const lake = await openTestLake();
  for (let index = 0; index < runs; index += 1) {
    await lake.receive(`f${index}.jsonl`, `${line(index)}${line(100 + index, 'unheard of')}`);
    await lake.lake.run({ fullRefresh: false });
  }
  return lake;
}

const logOf = (lake: TestLake, root: string) => join(lake.settings.lake, root, '_delta_log');
const commit = (version: number) => `${String(version).padStart(20, '0')}.json`;

async function expectWhole(lake: TestLake, events: number): Promise<void> {
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  expect((await lake.rows('SELECT count(*) AS n FROM silver_events'))[0]).toEqual({ n: events });
}

const SEEN = `-- gold_seen: one row per session.
-- grain: session_id
-- refresh: session
-- reads: gold_sessions
SELECT
  CAST(session_id AS STRING) AS session_id, -- the session
  CAST(session_date AS DATE) AS date        -- its date
FROM gold_sessions
`;
const DAYS_SEEN = `-- gold_days_seen: one row.
-- grain: sessions
-- refresh: full
-- reads: gold_seen
SELECT
  CAST(count(*) AS BIGINT) AS sessions -- sessions [sessions]
FROM gold_seen
`;

const DAMAGES: [string, string, (log: string) => Promise<void>][] = [
  ['silver/events', 'a commit truncated', (log) => truncate(join(log, commit(1)), 20)],
  ['silver/events', 'a missing commit', (log) => rm(join(log, commit(1)))],
  ['silver/quarantine', 'a missing beginning', (log) => rm(join(log, commit(0)))],
  ['gold/sessions', 'a missing commit', (log) => rm(join(log, commit(1)))],
  ['gold/funnel', 'other text in a commit', (log) => appendFile(join(log, commit(2)), 'what?')],
];

describe('a damaged log', () => {
  it.each(DAMAGES)('of %s with %s is replaced by a full refresh', async (root, _name, damage) => {
    await using lake = await copyOfThreeRuns();
    await damage(logOf(lake, root));
    await lake.reopen();
    await lake.receive('new.jsonl', line(3));
    const refused = { code: 'table_corrupt', hint: expect.stringContaining('run --full-refresh') };
    await expect(lake.lake.run({ fullRefresh: false })).rejects.toMatchObject(refused);
    await expect(lake.lake.status()).rejects.toMatchObject(refused);
    await lake.lake.run({ fullRefresh: true });
    await expectWhole(lake, 4);
    const kept = await readdir(join(lake.settings.lake, root, '_damaged_log'));
    expect(kept).toHaveLength(1);
    await lake.receive('newer.jsonl', line(4));
    expect(await lake.lake.run({ fullRefresh: false })).toMatchObject({ files: 1, valid: 1 });
    await expectWhole(lake, 5);
    expect(await lake.lake.maintain({ dryRun: false })).toBeDefined();
  });

  it.each([
    ['the table', 'gold/days_seen'],
    ['a table that another one reads', 'gold/seen'],
  ])('of own models, here of %s, is replaced by a full refresh', async (_, root) => {
    await using lake = await openTestLake({}, (settings) => {
      const models = join(settings.lake, '..', 'models');
      mkdirSync(models);
      writeFileSync(join(models, 'seen.sql'), SEEN);
      writeFileSync(join(models, 'days_seen.sql'), DAYS_SEEN);
      return { ...settings, models };
    });
    await lake.receive('f0.jsonl', line(0));
    await lake.lake.run({ fullRefresh: false });
    await appendFile(join(logOf(lake, root), commit(0)), 'what?');
    await lake.reopen();
    const refused = { code: 'table_corrupt', hint: expect.stringContaining('run --full-refresh') };
    await expect(lake.lake.run({ fullRefresh: false })).rejects.toMatchObject(refused);
    await lake.receive('f1.jsonl', line(1));
    await lake.lake.run({ fullRefresh: true });
    await expectWhole(lake, 2);
    expect(await lake.rows('SELECT * FROM gold_days_seen')).toEqual([{ sessions: 2 }]);
  });

  it('is replaced when its checkpoint is broken and the commits before it are gone', async () => {
    await using lake = await copyOfThreeRuns();
    await lake.lake.maintain({ dryRun: false });
    const log = logOf(lake, 'silver/events');
    const [checkpoint] = (await readdir(log)).filter((name) => name.endsWith('.parquet'));
    expect(checkpoint).toMatch(/checkpoint/);
    await writeFile(join(log, checkpoint!), 'no Parquet');
    await rm(join(log, commit(0)));
    await lake.reopen();
    await expect(lake.lake.run({ fullRefresh: false })).rejects.toMatchObject({
      code: 'table_corrupt',
    });
    await lake.lake.run({ fullRefresh: true });
    await expectWhole(lake, 3);
  });

  it('of several tables at once is replaced, also when the refresh was killed half-way', async () => {
    await using lake = await copyOfThreeRuns();
    for (const root of ['silver/events', 'silver/quarantine', 'gold/users']) {
      await rm(join(logOf(lake, root), commit(1)));
    }
    await lake.reopen();
    await lake.lake.run({ fullRefresh: true });
    await expectWhole(lake, 3);
    // As a process leaves it that is killed between taking the old log away and the first commit.
    await rm(logOf(lake, 'silver/quarantine'), { recursive: true });
    await lake.receive('new.jsonl', line(3));
    await lake.lake.run({ fullRefresh: false });
    await expectWhole(lake, 4);
    await rm(logOf(lake, 'gold/sessions'), { recursive: true });
    await lake.lake.run({ fullRefresh: false });
    await expectWhole(lake, 4);
  });

  it('of quarantine, taken away by hand, is made anew by the next run', async () => {
    await using lake = await makeLakeOfRuns(2);
    await rm(logOf(lake, 'silver/quarantine'), { recursive: true });
    await lake.lake.run({ fullRefresh: false });
    await expectWhole(lake, 2);
  });

  it('of the ledger is told apart, and the lake can be made anew without it', async () => {
    await using lake = await copyOfThreeRuns();
    await rm(join(logOf(lake, 'bronze/_ledger'), commit(1)));
    await lake.reopen();
    for (const fullRefresh of [false, true]) {
      await expect(lake.lake.run({ fullRefresh })).rejects.toMatchObject({
        code: 'table_corrupt',
        hint: expect.stringMatching(/^restore bronze\/_ledger from a backup/),
      });
    }
    for (const part of ['bronze/_ledger', 'silver', 'gold']) {
      await rename(join(lake.settings.lake, part), join(lake.folder, part.replace('/', '-')));
    }
    expect(await lake.lake.run({ fullRefresh: false })).toMatchObject({ files: 3, valid: 3 });
    await expectWhole(lake, 3);
  });
});
