import { utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { AddFile } from '../../src/delta/actions.ts';
import type { DeltaContext } from '../../src/delta/context.ts';
import { classicCheckpointPath, commitPath } from '../../src/delta/log-paths.ts';
import { vacuum } from '../../src/delta/vacuum.ts';
import {
  commitTo,
  load,
  localContext,
  newFile,
  pathsOf,
  SHAPE,
  useDuckDB,
  useFolders,
} from './support.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.UTC(2024, 5, 1);

interface Lake {
  /** A context whose clock stands at so many days before now. */
  at(daysAgo: number): DeltaContext;
  /** Makes a file in the table, that many days old. */
  put(path: string, daysAgo: number): Promise<void>;
  age(path: string, daysAgo: number): Promise<void>;
  files(): Promise<string[]>;
}

async function newLake(): Promise<Lake> {
  const context = localContext(await newFolder(), duckdb.checkpointFiles);
  const { storage } = context;
  const lake: Lake = {
    at: (daysAgo) => ({ ...context, now: () => NOW_MS - daysAgo * DAY_MS }),
    async put(path, daysAgo) {
      await storage.write(`t/${path}`, Buffer.from('x'));
      await lake.age(path, daysAgo);
    },
    async age(path, daysAgo) {
      const seconds = (NOW_MS - daysAgo * DAY_MS) / 1000;
      await utimes(await storage.localPath(`t/${path}`), seconds, seconds);
    },
    async files() {
      const paths: string[] = [];
      for await (const { path } of storage.list('t/')) {
        if (!path.startsWith('t/_delta_log/')) {
          paths.push(path.slice(2));
        }
      }
      return paths;
    },
  };
  return lake;
}

/** A version per entry: a day's age, the files it adds, and those it removes. */
async function commitHistory(
  lake: Lake,
  history: readonly { daysAgo: number; adds?: string[]; removes?: string[] }[],
  configuration: Record<string, string> = {},
) {
  let table: Awaited<ReturnType<typeof commitTo>> | undefined;
  for (const [version, { daysAgo, adds = [], removes = [] }] of history.entries()) {
    for (const path of adds) {
      await lake.put(path, daysAgo);
    }
    const live: readonly AddFile[] = table?.files ?? [];
    const context = lake.at(daysAgo);
    await commitTo(context, table, {
      metadata: { ...SHAPE, configuration },
      adds: adds.map((path) => newFile(path)),
      removes: live.filter(({ path }) => removes.includes(path)),
    });
    await lake.age(commitPath('', version).replace(/^\//, ''), daysAgo);
    // The file's time is part of what a snapshot is known by.
    table = await load(context);
  }
}

describe('vacuum', () => {
  it('deletes what no version of the retention has, and only if it is old', async () => {
    const lake = await newLake();
    await commitHistory(lake, [
      { daysAgo: 40, adds: ['live.parquet', 'old.parquet', 'day=2024-05-01/recent.parquet'] },
      { daysAgo: 20, removes: ['old.parquet'] },
      { daysAgo: 3, removes: ['day=2024-05-01/recent.parquet'], adds: ['new.parquet'] },
    ]);
    await lake.put('orphan.parquet', 30);
    await lake.put('day=2024-05-01/orphan 100%25.parquet', 30);
    await lake.put('being-written.parquet', 6);
    const planned = await vacuum(lake.at(0), 't', { dryRun: true });
    const expected = ['day=2024-05-01/orphan 100%25.parquet', 'old.parquet', 'orphan.parquet'];
    expect(planned.files.map(({ path }) => path)).toEqual(expected.map((path) => `t/${path}`));
    expect(await lake.files()).toHaveLength(7);

    expect(await vacuum(lake.at(0), 't')).toEqual(planned);
    expect(await lake.files()).toEqual([
      'being-written.parquet',
      'day=2024-05-01/recent.parquet',
      'live.parquet',
      'new.parquet',
    ]);
    expect((await vacuum(lake.at(0), 't')).files).toEqual([]);
    expect(pathsOf((await load(lake.at(0))).files)).toEqual(['live.parquet', 'new.parquet']);
  });

  it('leaves hidden files and folders and inner tables alone', async () => {
    const lake = await newLake();
    await commitHistory(lake, [{ daysAgo: 40 }]);
    const kept = [
      '.hidden/file.parquet',
      '.name.parquet',
      '_index/file.parquet',
      '_name.parquet',
      'inner/_delta_log/00000000000000000000.json',
      'inner/part.parquet',
    ];
    const deleted = ['_change_data/cdc.parquet', 'folder/file.parquet', 'innermost/x.parquet'];
    for (const path of [...kept, ...deleted]) {
      await lake.put(path, 30);
    }
    const report = await vacuum(lake.at(0), 't');
    expect(report.files.map(({ path }) => path.slice(2)).sort()).toEqual(deleted);
    expect(await lake.files()).toEqual(kept);
  });

  it('takes the checksum beside a file along, and no other', async () => {
    const lake = await newLake();
    await commitHistory(lake, [{ daysAgo: 40, adds: ['a/live.parquet'] }]);
    for (const path of ['a/.live.parquet.crc', 'a/.dead.parquet.crc', 'a/dead.parquet']) {
      await lake.put(path, 30);
    }
    await vacuum(lake.at(0), 't');
    expect(await lake.files()).toEqual(['a/.live.parquet.crc', 'a/live.parquet']);
  });

  it('looks into partition folders whose names begin with an underscore', async () => {
    const lake = await newLake();
    const shape = {
      schema: { type: 'struct' as const, fields: [{ ...SHAPE.schema.fields[0]!, name: '_day' }] },
      partitionColumns: ['_day'],
      configuration: {},
    };
    await commitTo(lake.at(40), undefined, { metadata: shape });
    await lake.put('_day=2024-05-01/orphan.parquet', 30);
    await lake.put('_other=2024-05-01/file.parquet', 30);
    await vacuum(lake.at(0), 't');
    expect(await lake.files()).toEqual(['_other=2024-05-01/file.parquet']);
  });

  it('keeps what a longer retention needs, although its tombstone is gone', async () => {
    const lake = await newLake();
    const history = [
      { daysAgo: 60, adds: ['a.parquet'] },
      { daysAgo: 15, removes: ['a.parquet'] },
      ...Array.from({ length: 10 }, (_, index) => ({ daysAgo: 1, adds: [`b${index}.parquet`] })),
    ];
    await commitHistory(lake, history);
    expect((await load(lake.at(0))).tombstones).toEqual([]);
    await vacuum(lake.at(0), 't', { retentionHours: 20 * 24 });
    expect(await lake.files()).toContain('a.parquet');
    await vacuum(lake.at(0), 't', { retentionHours: 10 * 24 });
    expect(await lake.files()).not.toContain('a.parquet');
  });

  it('refuses a retention below the table’s, unless it is forced', async () => {
    const lake = await newLake();
    await commitHistory(lake, [
      { daysAgo: 2, adds: ['a.parquet'] },
      { daysAgo: 1, removes: ['a.parquet'] },
    ]);
    for (const retentionHours of [0, 167, Number.NaN, -1]) {
      await expect(vacuum(lake.at(0), 't', { retentionHours })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('168 hours'),
      });
    }
    await expect(
      vacuum(lake.at(0), 't', { retentionHours: -1, force: true }),
    ).rejects.toMatchObject({ code: 'usage' });
    expect(await lake.files()).toEqual(['a.parquet']);
    await vacuum(lake.at(0), 't', { retentionHours: 0, force: true });
    expect(await lake.files()).toEqual([]);
  });

  it('says when there is no table', async () => {
    const lake = await newLake();
    await expect(vacuum(lake.at(0), 't')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('log clean-up', () => {
  const versions = (from: number, to: number, daysAgo: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => ({
      daysAgo,
      adds: [`${from + index}.parquet`],
    }));
  const logFiles = async (lake: Lake) => {
    const names: string[] = [];
    for await (const { path } of lake.at(0).storage.list('t/_delta_log/0')) {
      names.push(path.replace('t/_delta_log/', '').replace(/^0+(?=\d)/, ''));
    }
    return names;
  };
  async function agedLake(configuration: Record<string, string> = {}) {
    const lake = await newLake();
    await commitHistory(lake, [...versions(0, 22, 50), ...versions(23, 25, 1)], configuration);
    for (const version of [10, 20]) {
      const path = classicCheckpointPath('t', version);
      if (await lake.at(0).storage.stat(path)) {
        await lake.age(path.slice(2), 50);
      }
    }
    return lake;
  }

  it('keeps what the newest old checkpoint does not cover', async () => {
    const lake = await agedLake();
    const before = await load(lake.at(0));
    const report = await vacuum(lake.at(0), 't');
    expect(report.logFiles).toHaveLength(21);
    expect(report.files).toEqual([]);
    expect(await logFiles(lake)).toEqual([
      '20.checkpoint.parquet',
      ...[20, 21, 22, 23, 24, 25].map((version) => `${version}.json`),
    ]);
    expect(pathsOf((await load(lake.at(0))).files)).toEqual(pathsOf(before.files));
    expect((await load(lake.at(0), { version: 20 })).files).toHaveLength(21);
    await expect(load(lake.at(0), { version: 19 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('only tells in a dry run', async () => {
    const lake = await agedLake();
    const before = await logFiles(lake);
    const report = await vacuum(lake.at(0), 't', { dryRun: true });
    expect(report.logFiles).toHaveLength(21);
    expect(await logFiles(lake)).toEqual(before);
  });

  it('trusts only a checkpoint that can be read', async () => {
    const lake = await agedLake();
    await lake.at(0).storage.write(classicCheckpointPath('t', 20), Buffer.from('broken'));
    const report = await vacuum(lake.at(0), 't');
    expect(report.logFiles).toHaveLength(10);
    expect((await load(lake.at(0))).files).toHaveLength(26);
  });

  it('deletes nothing without a checkpoint, or where the table says so', async () => {
    const without = await agedLake({ 'delta.checkpointInterval': '1000' });
    expect((await vacuum(without.at(0), 't')).logFiles).toEqual([]);
    const disabled = await agedLake({ 'delta.enableExpiredLogCleanup': 'FALSE' });
    expect((await vacuum(disabled.at(0), 't')).logFiles).toEqual([]);
    const longer = await agedLake({ 'delta.logRetentionDuration': 'interval 60 days' });
    expect((await vacuum(longer.at(0), 't')).logFiles).toEqual([]);
  });
});
