/** Which files of Bronze a run finds: the listing and the ledger are compared in the order of their paths. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stopAfter } from '../fixtures/stopping-storage.ts';
import { openDisposable, openTestLake, type TestLake } from './lake-support.ts';

/** UTF-16, locales and folders each order them in another way than bytes of UTF-8 do. */
const NAMES = [
  'date=2026-01-01/a.ndjson',
  'date=2026-01-01/a b.ndjson',
  'date=2026-01-01/a/b.ndjson',
  'date=2026-01-01/a-b/c.ndjson',
  'date=2026-01-01/B.ndjson',
  'date=2026-01-01/ä.ndjson',
  'date=2026-01-01/%41.ndjson',
  'date=2026-01-01/\u{ff5e}.ndjson',
  'date=2026-01-01/\u{1f600}.ndjson',
  'date=2026-01-02/a.ndjson',
];

const pathOf = (name: string) => `bronze/web/${name}`;

async function drop({ settings }: TestLake, name: string, id: string): Promise<void> {
  const file = join(settings.lake, pathOf(name));
  await mkdir(dirname(file), { recursive: true });
  const event = {
    ...{ event_id: id, user_id: 'u', event_type: 'page_view' },
    event_timestamp: '2026-01-01T00:00:00Z',
  };
  await writeFile(file, `${JSON.stringify(event)}\n`);
}

describe('the files of Bronze', () => {
  it('are each found once, whatever their names, and late ones in old folders too', async () => {
    await using lake = await openTestLake();
    for (const [index, name] of NAMES.entries()) {
      await drop(lake, name, `e${index}`);
    }
    const first = await lake.lake.run();
    expect([...first.discovered].sort()).toEqual(NAMES.map(pathOf).sort());
    const second = await lake.lake.run();
    expect(second).toMatchObject({ discovered: [], damaged: [], tablesWritten: [] });

    await drop(lake, 'date=2026-01-01/late.ndjson', 'late');
    await drop(lake, 'date=2025-12-31/later.ndjson', 'later');
    expect((await lake.lake.run()).discovered).toEqual([
      pathOf('date=2025-12-31/later.ndjson'),
      pathOf('date=2026-01-01/late.ndjson'),
    ]);
  });

  it('that are missing or have changed are told, each once, in the order of their paths', async () => {
    await using lake = await openTestLake();
    for (const [index, name] of NAMES.entries()) {
      await drop(lake, name, `e${index}`);
    }
    // The same bytes again: it is not read, and may go.
    await drop(lake, 'date=2026-01-03/again.ndjson', 'e0');
    await lake.lake.run();
    const gone = NAMES.filter((_, index) => index % 2 === 0);
    const changed = 'date=2026-01-01/B.ndjson';
    for (const name of [...gone, 'date=2026-01-03/again.ndjson']) {
      await rm(join(lake.settings.lake, pathOf(name)));
    }
    await writeFile(join(lake.settings.lake, pathOf(changed)), 'more\n');
    await drop(lake, 'date=2026-01-09/new.ndjson', 'new');
    const { damaged, discovered } = await lake.lake.run();
    const wanted = [...new Set([...gone, changed])].map(pathOf);
    const bytes = (path: string) => Buffer.from(path);
    expect(damaged.map(({ path }) => path)).toEqual(
      wanted.sort((a, b) => Buffer.compare(bytes(a), bytes(b))),
    );
    expect(discovered).toEqual([pathOf('date=2026-01-09/new.ndjson')]);
  });
});

describe('old date folders of a lake with many files', () => {
  /** A full listing is due after so long: so every one of daily runs makes one. */
  const DUE_AFTER_MS = 23 * 60 * 60 * 1_000;
  const OLD = 'date=2026-01-02/late.ndjson';
  let nowMs: number;

  async function openLarge(): Promise<TestLake> {
    nowMs = Date.UTC(2026, 0, 20, 12);
    const lake = await openTestLake({ manyFiles: 3, now: () => nowMs });
    for (const day of ['01', '02', '19']) {
      await drop(lake, `date=2026-01-${day}/a.ndjson`, `e${day}`);
    }
    expect((await lake.lake.run()).discovered).toHaveLength(3);
    // From now on the lake has many files.
    expect(await lake.lake.run()).not.toHaveProperty('lastFullListing');
    return lake;
  }

  it('are listed once a day, and by a scan', async () => {
    await using lake = await openLarge();
    const [scanned, older] = ['date=2026-01-03/scanned.ndjson', 'date=2025-12-31/older.ndjson'];
    await drop(lake, OLD, 'late');
    await drop(lake, older, 'older');
    await drop(lake, 'date=2026-01-18/new.ndjson', 'new');
    await drop(lake, 'date=2026-01-20/new.ndjson', 'newer');
    await drop(lake, 'undated/new.ndjson', 'undated');
    nowMs += DUE_AFTER_MS - 1;
    expect(await lake.lake.previewRun()).toMatchObject({
      lastFullListing: '2026-01-20T12:00:00.000Z',
    });
    const second = await lake.lake.run();
    const news = [
      older,
      'date=2026-01-18/new.ndjson',
      'date=2026-01-20/new.ndjson',
      'undated/new.ndjson',
    ];
    expect(second).toMatchObject({
      discovered: news.map(pathOf),
      lastFullListing: '2026-01-20T12:00:00.000Z',
    });
    nowMs += 1;
    const third = await lake.lake.run();
    expect(third.discovered).toEqual([pathOf(OLD)]);
    expect(third).not.toHaveProperty('lastFullListing');

    await drop(lake, scanned, 'scanned');
    expect(await lake.lake.run()).toMatchObject({
      discovered: [],
      lastFullListing: '2026-01-21T11:00:00.000Z',
    });
    expect((await lake.lake.previewRun({ scan: true })).discovered).toEqual([pathOf(scanned)]);
    expect((await lake.lake.run({ scan: true })).discovered).toEqual([pathOf(scanned)]);
    expect(await lake.rows('SELECT count(*) AS n FROM silver_events')).toEqual([{ n: 9 }]);
  });

  it('are listed by a preview without being noted, and again after it', async () => {
    await using lake = await openLarge();
    await drop(lake, OLD, 'late');
    nowMs += DUE_AFTER_MS;
    expect((await lake.lake.previewRun()).discovered).toEqual([pathOf(OLD)]);
    expect((await lake.lake.run()).discovered).toEqual([pathOf(OLD)]);
  });

  it.each([
    ['the record is lost', (record: string) => rm(record)],
    ['the record is damaged', (record: string) => writeFile(record, '{"at":')],
    ['the record says nothing', (record: string) => writeFile(record, '{}')],
    [
      'the ledger was restored from a backup',
      (record: string) => writeFile(record, '{"at":"2026-01-20T12:00:00.000Z","ledgerVersion":9}'),
    ],
    [
      'the clock was set back',
      (record: string) => writeFile(record, '{"at":"2026-01-20T12:00:00.001Z","ledgerVersion":0}'),
    ],
  ])('are listed if %s', async (_what, change) => {
    await using lake = await openLarge();
    await drop(lake, OLD, 'late');
    await change(join(lake.settings.lake, 'bronze', '_full_listing.json'));
    expect((await lake.lake.run()).discovered).toEqual([pathOf(OLD)]);
  });

  it('do not hide damage to a file that is not in Silver yet, nor from a full refresh', async () => {
    await using lake = await openLarge();
    const old = join(lake.settings.lake, pathOf('date=2026-01-02/a.ndjson'));
    const content = await readFile(old);
    await rm(old);
    const unseen = await lake.lake.run();
    expect(unseen).toMatchObject({ damaged: [], lastFullListing: expect.anything() });
    const damage = { path: pathOf('date=2026-01-02/a.ndjson') };
    expect((await lake.lake.run({ scan: true })).damaged).toMatchObject([damage]);
    expect((await lake.lake.run()).damaged).toMatchObject([damage]);
    await expect(lake.lake.run({ fullRefresh: true })).rejects.toThrow('date=2026-01-02/a.ndjson');

    await writeFile(old, content);
    expect(await lake.lake.run()).toMatchObject({ damaged: [] });
    // Found by a run that was killed before it read the file.
    await drop(lake, OLD, 'late');
    await using killed = await openDisposable(lake.settings, {
      ...{ manyFiles: 3, now: () => nowMs },
      wrapStorage: stopAfter(1, { counted: /^put bronze\/_ledger\/|^write bronze\/_full/ }).wrap,
    });
    await expect(killed.run({ scan: true })).rejects.toThrow();
    await rm(join(lake.settings.lake, pathOf(OLD)));
    await drop(lake, 'date=2026-01-20/new.ndjson', 'new');
    await lake.reopen();
    const { damaged, discovered, files } = await lake.lake.run();
    expect(damaged).toMatchObject([{ path: pathOf(OLD) }]);
    expect([discovered, files]).toEqual([[pathOf('date=2026-01-20/new.ndjson')], 0]);
  });

  it('are listed by every run until a file that cannot be read there is mended', async () => {
    await using lake = await openLarge();
    const bad = join(lake.settings.lake, pathOf('date=2026-01-02/bad.json.gz'));
    await writeFile(bad, 'not gzip');
    const unreadable = [{ path: pathOf('date=2026-01-02/bad.json.gz') }];
    expect((await lake.lake.run()).unreadable).toEqual([]);
    expect((await lake.lake.run({ scan: true })).unreadable).toMatchObject(unreadable);
    expect((await lake.lake.run()).unreadable).toMatchObject(unreadable);
    await rm(bad);
    expect(await lake.lake.run()).not.toHaveProperty('lastFullListing');
    expect(await lake.lake.run()).toHaveProperty('lastFullListing');
  });

  it('are not told as missing where new folders are listed', async () => {
    await using lake = await openLarge();
    await rm(join(lake.settings.lake, pathOf('date=2026-01-19/a.ndjson')));
    const { damaged } = await lake.lake.run();
    expect(damaged.map(({ path }) => path)).toEqual([pathOf('date=2026-01-19/a.ndjson')]);
  });

  it('include those where a file was damaged, or could not be read, when they were new', async () => {
    await using lake = await openLarge();
    // A backfill, whose newest date is soon another one.
    await drop(lake, 'b/date=2026-01-04/a.ndjson', 'b4');
    await drop(lake, 'b/date=2026-01-05/a.ndjson', 'b5');
    await lake.lake.run({ scan: true });
    const [gone, bad] = ['b/date=2026-01-05/a.ndjson', 'b/date=2026-01-05/bad.json.gz'].map(pathOf);
    await rm(join(lake.settings.lake, String(gone)));
    await writeFile(join(lake.settings.lake, String(bad)), 'not gzip');
    const wrong = { damaged: [{ path: gone }], unreadable: [{ path: bad }] };
    expect(await lake.lake.run()).toMatchObject({ ...wrong, lastFullListing: expect.anything() });
    await drop(lake, 'b/date=2026-01-08/b.ndjson', 'b8');
    expect(await lake.lake.run()).toMatchObject(wrong);
    expect(await lake.lake.run()).toMatchObject(wrong);
  });

  it('may be many: the ledger is compared without those of each source', async () => {
    await using lake = await openLarge();
    const sources = Array.from({ length: 12 }, (_, index) => `s${index}`);
    const put = (source: string, day: string, id: string) =>
      drop(lake, `../${source}/date=2026-01-${day}/${id}.ndjson`, `${source}-${id}`);
    for (const source of sources) {
      await put(source, '01', 'a');
      await put(source, '19', 'b');
    }
    await lake.lake.run({ scan: true });
    for (const source of sources) {
      await put(source, '02', 'late');
      await put(source, '19', 'new');
    }
    const { discovered, damaged } = await lake.lake.run();
    expect([damaged, discovered]).toEqual([
      [],
      sources.sort().map((source) => `bronze/${source}/date=2026-01-19/new.ndjson`),
    ]);
    expect((await lake.lake.run({ scan: true })).discovered).toHaveLength(sources.length);
  });
});
