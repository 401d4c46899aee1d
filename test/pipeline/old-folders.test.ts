/** Which date folders of Bronze a run may leave out, as told by the paths of the ledger. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATED_PATH, oldFolders } from '../../src/pipeline/old-folders.ts';
import { endOfRange } from '../../src/storage/path-ranges.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const NOW_MS = Date.UTC(2026, 2, 10, 12);

function leftOut(paths: readonly string[], nowMs = NOW_MS) {
  const pattern = new RegExp(DATED_PATH, 's');
  const dated = paths.flatMap((path) => pattern.exec(path)?.[1] ?? []);
  return oldFolders(dated, nowMs);
}

describe('old date folders', () => {
  it.each([
    ['2026-01-31', '2026-03-07', '2026-03-06'],
    ['date=2026-01-31', 'date=2026-03-07', 'date=2026-03-06'],
    ['2026/01/31', '2026/03/01', '2026/02/28'],
    ['2026/01/31/23', '2026/03/01/00', '2026/02/28'],
    ['20251231T23', '20260101T00', '20251231'],
    ['2026.01.31', '2026.03.07', '2026.03.06'],
    ['year=2026/month=01/day=31', 'year=2026/month=03/day=07', 'year=2026/month=03/day=06'],
    ['day-2026_01_31-eu', 'day-2026_03_07-eu', 'day-2026_03_06'],
  ])('spelled like %s reach up to the day before the newest one', (oldest, newest, recent) => {
    const paths = [newest, oldest].map((folder) => `bronze/shop/${folder}/file.json`);
    const ranges = leftOut(paths);
    const to = `bronze/shop/${recent}`;
    const oldFolder = /^\D*\d{4}.*?\d{2}\D*\d{2}/.exec(oldest)?.[0];
    const from = `bronze/shop/${oldFolder}`;
    expect(ranges).toEqual(from < to ? [{ from, to }] : []);
  });

  it('reach up to yesterday where a newer date is in the future', () => {
    const paths = ['bronze/shop/2026-01-01/a', 'bronze/shop/2099-01-01/a'];
    expect(leftOut(paths)).toEqual([
      { from: 'bronze/shop/2026-01-01', to: 'bronze/shop/2026-03-09' },
    ]);
  });

  it('are those of each folder on its own', () => {
    const paths = ['app', 'web'].flatMap((source) => [
      `bronze/${source}/2025-01-01/a`,
      `bronze/${source}/2026-0${source === 'app' ? 1 : 3}-01/a`,
    ]);
    const ranges = leftOut(paths);
    const isLeftOut = (path: string) => endOfRange(ranges, path) !== undefined;
    expect(isLeftOut('bronze/app/2025-12-30/late')).toBe(true);
    expect(isLeftOut('bronze/app/2025-12-31/new')).toBe(false);
    expect(isLeftOut('bronze/web/2026-01-30/late')).toBe(true);
    expect(isLeftOut('bronze/web/2024-12-31/older')).toBe(false);
    expect(isLeftOut('bronze/web/other/new')).toBe(false);
    expect(isLeftOut('bronze/other/2025-06-01/new')).toBe(false);
  });

  it('never hide new folders of another spelling, or of another folder below', () => {
    const paths = [
      ...['bronze/shop/2025-01-01/a', 'bronze/shop/2026-03-01/a'],
      ...['bronze/shop/2025/01/01/a', 'bronze/shop/2026/03/02/a'],
      ...['bronze/shop/2025-05/eu/2026-01-01/a', 'bronze/shop/2025-05/eu/2026-03-02/a'],
    ];
    const ranges = leftOut(paths);
    for (const path of [
      ...['bronze/shop/2026-03-01/new', 'bronze/shop/2026/03/02/new'],
      'bronze/shop/2025-05/eu/2026-03-02/new',
    ]) {
      expect([path, endOfRange(ranges, path)]).toEqual([path, undefined]);
    }
    expect(ranges).not.toEqual([]);
  });

  it.each([
    ['2025/12/01', '2026/03/01', '2026-03-02'],
    ['20251201', '20260301', '2026.03.02'],
    ['2025_12_01', '2026_03_01', '20260302'],
    ['year=2025/month=12/day=01', 'year=2026/month=03/day=01', 'year=2026-03-02'],
  ])('from %s to %s do not hide a first %s', (oldest, newest, other) => {
    const ranges = leftOut([oldest, newest].map((folder) => `bronze/shop/${folder}/a`));
    const isLeftOut = (folder: string) => endOfRange(ranges, `bronze/shop/${folder}/b`);
    expect(isLeftOut(oldest)).toBeDefined();
    expect(isLeftOut(oldest.replace('2025', '2026').replace('12', '01'))).toBeDefined();
    expect(isLeftOut(other)).toBeUndefined();
  });

  it('need a whole date', () => {
    const names = [
      ...['2026-02-29', '2026-02-31'],
      '2026-13-01',
      '2026-00-10',
      '2026-01-32',
      '12026-01-01',
      '2026-01',
      '20260',
      'a',
    ];
    const paths = names.map((name) => `bronze/shop/${name}/file-2026-01-01.json`);
    expect(leftOut([...paths, 'bronze/shop/2026-01-01/a'])).toEqual([]);
  });
});

describe('the dates of the ledger', () => {
  let lake: TestLake;
  beforeAll(async () => {
    lake = await openTestLake();
    await lake.receive('a.json', '{}\n');
  });
  afterAll(() => lake[Symbol.asyncDispose]());

  it('are the same in SQL', async () => {
    const paths = [
      ...['bronze/a/2026-01-31/f', 'bronze/a/year=2026/month=01/day=31/f', 'bronze/a/20260131x/f'],
      ...[
        'bronze/a/b/2026/01/31/05/2027-01-01/f',
        'bronze/a/f-2026-01-31',
        'bronze/ä/2026_01_31/f',
      ],
      ...[
        'bronze/a/2026-01-319/f',
        'bronze/2026-01-31/x/2025-01-01/f',
        'bronze/a/x2026.01/d-31.q/f',
      ],
    ];
    const pattern = new RegExp(DATED_PATH, 's');
    const values = paths.map((path) => `('${path}')`).join(', ');
    const rows = await lake.rows(
      `SELECT path, regexp_extract(path, '${DATED_PATH}', 1) AS dated FROM (VALUES ${values}) AS v(path)`,
    );
    const found = new Map(rows.map(({ path, dated }) => [path, dated]));
    expect(found).toEqual(new Map(paths.map((path) => [path, pattern.exec(path)?.[1] ?? ''])));
    expect([...found.values()].filter((dated) => dated !== '')).toHaveLength(7);
  });
});
