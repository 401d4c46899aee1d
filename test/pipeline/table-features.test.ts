/** Tables on which somebody turned on what our writer does not obey: refused early, and there is a way back. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDisposable, openTestLake, type TestLake } from './lake-support.ts';

/** Nothing listens there. */
const NO_SPARK = 'sc://127.0.0.1:1';

const line = (id: number): string =>
  `${JSON.stringify({
    event_id: `e${id}`,
    user_id: 'u',
    session_id: `s${id}`,
    event_type: 'page_view',
    event_timestamp: '2026-01-05T10:00:00Z',
  })}\n${JSON.stringify({ event_id: `broken ${id}` })}\n`;

async function openLakeOfOneRun(): Promise<TestLake> {
  const lake = await openTestLake();
  await lake.receive('f0.jsonl', line(0));
  await lake.lake.run({ fullRefresh: false });
  return lake;
}

interface Upgrade {
  readerFeatures?: string[];
  writerFeatures?: string[];
  configuration?: Record<string, string>;
}

/** Commits what another tool commits when a feature is turned on. */
async function upgrade(lake: TestLake, root: string, change: Upgrade): Promise<void> {
  const log = join(lake.settings.lake, root, '_delta_log');
  const commits = (await readdir(log)).filter((name) => name.endsWith('.json')).sort();
  const [first] = commits;
  const metaData = (await readFile(join(log, first!), 'utf8'))
    .split('\n')
    .filter((text) => text.startsWith('{"metaData"'))
    .map((text) => JSON.parse(text).metaData)[0];
  const { readerFeatures, writerFeatures, configuration = {} } = change;
  const protocol = {
    minReaderVersion: readerFeatures === undefined ? 1 : 3,
    minWriterVersion: 7,
    readerFeatures,
    writerFeatures: ['appendOnly', 'invariants', ...(writerFeatures ?? [])],
  };
  const actions = [
    { commitInfo: { operation: 'SET TBLPROPERTIES' } },
    { protocol },
    { metaData: { ...metaData, configuration: { ...metaData.configuration, ...configuration } } },
  ];
  const name = `${String(commits.length).padStart(20, '0')}.json`;
  await writeFile(join(log, name), actions.map((each) => `${JSON.stringify(each)}\n`).join(''));
}

const UPGRADES: [string, string, Upgrade][] = [
  [
    'a constraint',
    'silver/events',
    { writerFeatures: ['checkConstraints'], configuration: { 'delta.constraints.c': 'true' } },
  ],
  [
    'a change data feed',
    'gold/sessions',
    {
      writerFeatures: ['changeDataFeed'],
      configuration: { 'delta.enableChangeDataFeed': 'TRUE' },
    },
  ],
  ['append-only rows', 'gold/users', { configuration: { 'delta.appendOnly': 'TRUE' } }],
  [
    'a feature that nobody knows yet',
    'silver/quarantine',
    { readerFeatures: ['someday'], writerFeatures: ['someday'] },
  ],
];

const SPARK_WRITES = ['a constraint', 'a change data feed'];

async function filesOf(lake: TestLake): Promise<string[]> {
  const names = await readdir(lake.settings.lake, { recursive: true });
  return names.filter((name) => name.endsWith('.parquet')).sort();
}

async function expectWhole(lake: TestLake, events: number): Promise<void> {
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  expect(await lake.rows('SELECT count(*) AS n FROM silver_events')).toEqual([{ n: events }]);
}

describe('a table with a feature that we do not obey', () => {
  it.each(UPGRADES)(
    '(%s, on %s) is refused before anything is computed, and rebuilt by a full refresh',
    async (_, root, change) => {
      await using lake = await openLakeOfOneRun();
      await upgrade(lake, root, change);
      await lake.reopen();
      await lake.receive('f1.jsonl', line(1));
      const before = await filesOf(lake);
      const refused = {
        code: 'unsupported_table_feature',
        exitCode: 5,
        message: expect.stringContaining(root),
        hint: expect.stringContaining('clicklake run --full-refresh'),
      };
      await expect(lake.lake.run({ fullRefresh: false })).rejects.toMatchObject(refused);
      await expect(lake.lake.maintain({ dryRun: false })).rejects.toMatchObject(refused);
      await expect(lake.lake.previewRun({ fullRefresh: false })).rejects.toMatchObject(refused);
      expect(await filesOf(lake)).toEqual(before);
      await lake.lake.run({ fullRefresh: true });
      await expectWhole(lake, 2);
      const kept = await readdir(join(lake.settings.lake, root, '_damaged_log'));
      expect(kept).toHaveLength(1);
      await lake.receive('f2.jsonl', line(2));
      expect(await lake.lake.run({ fullRefresh: false })).toMatchObject({ files: 1, valid: 1 });
      await expectWhole(lake, 3);
    },
  );

  it.each(UPGRADES.slice(0, 2))(
    '(%s, on %s) is reported by status if there is anything to do',
    async (_, root, change) => {
      await using lake = await openLakeOfOneRun();
      await upgrade(lake, root, change);
      await lake.reopen();
      expect((await lake.lake.status()).refusal).toBeUndefined();
      await lake.lake.run({ fullRefresh: false });
      await lake.receive('f1.jsonl', line(1));
      expect((await lake.lake.status()).refusal).toMatchObject({
        code: 'unsupported_table_feature',
        message: expect.stringContaining(root),
        hint: expect.stringContaining('clicklake run --full-refresh'),
      });
      expect((await lake.lake.previewRun({ fullRefresh: true })).fullRefresh).toBe(true);
      await lake.lake.run({ fullRefresh: true });
      expect((await lake.lake.status()).refusal).toBeUndefined();
    },
  );

  it.each(UPGRADES)(
    '(%s, on %s) is left to Spark by engine auto if Spark writes it, and rebuilt by DuckDB',
    async (what, root, change) => {
      await using lake = await openLakeOfOneRun();
      await upgrade(lake, root, change);
      await lake.receive('f1.jsonl', line(1));
      const before = await filesOf(lake);
      const settings = { ...lake.settings, engine: 'auto' as const, spark: { url: NO_SPARK } };
      await using auto = await openDisposable(settings, {});
      const code = SPARK_WRITES.includes(what) ? 'server_unavailable' : 'unsupported_table_feature';
      await expect(auto.run()).rejects.toMatchObject({ code });
      await expect(auto.previewRun()).rejects.toMatchObject({ code });
      expect(await filesOf(lake)).toEqual(before);
      expect(await auto.run({ fullRefresh: true })).toMatchObject({ engine: 'duckdb', lines: 4 });
      await lake.reopen();
      await expectWhole(lake, 2);
    },
  );

  it('is the ledger: nothing is taken in, and the hint is another one', async () => {
    await using lake = await openLakeOfOneRun();
    await upgrade(lake, 'bronze/_ledger', UPGRADES[0]![2]);
    await lake.reopen();
    const refused = {
      code: 'unsupported_table_feature',
      hint: expect.stringMatching(/^drop the feature .* see "A damaged ledger"/),
    };
    await expect(lake.receive('f1.jsonl', line(1))).rejects.toMatchObject(refused);
    await mkdir(join(lake.settings.lake, 'bronze/dropped'));
    await writeFile(join(lake.settings.lake, 'bronze/dropped/f2.jsonl'), line(2));
    for (const fullRefresh of [false, true]) {
      await expect(lake.lake.run({ fullRefresh })).rejects.toMatchObject(refused);
    }
  });
});
