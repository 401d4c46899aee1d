/** Configurations that change, or that do not fit the records. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import type { ClicklakeError } from '../../src/errors.ts';
import { openLake } from '../../src/lake/open-lake.ts';
import type { MappingText } from '../../src/mapping/mapping.ts';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { settingsFor } from './lake-support.ts';

type Sources = NonNullable<Settings['sources']>;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-mapping-'));
});
afterEach(() => rm(folder, { recursive: true }));

let fileCount = 0;

/** Takes the records, if any, and runs, as a command with this configuration would. */
async function run(
  sources: Sources | undefined,
  records: Readonly<Record<string, readonly object[]>> = {},
  fullRefresh = false,
): Promise<{ report: RunReport; users: unknown[] }> {
  const settings = settingsFor(join(folder, 'lake'));
  const lake = await openLake({ ...settings, ...(sources === undefined ? {} : { sources }) });
  try {
    for (const [source, ofSource] of Object.entries(records)) {
      fileCount += 1;
      const path = join(folder, `${fileCount}.json`);
      await writeFile(path, ofSource.map((record) => `${JSON.stringify(record)}\n`).join(''));
      await lake.ingest([{ kind: 'file', path }], { source });
    }
    const report = await lake.run({ fullRefresh });
    const { rows } = await lake.query('SELECT user_id FROM silver_events ORDER BY event_id', {});
    return { report, users: rows.map((row) => row.user_id) };
  } finally {
    await lake.close();
  }
}

const record = (id: string, fields: object = {}) => ({
  ...{ event_id: id, user_id: 'plain', uid: 'short', event_type: 'search' },
  event_timestamp: '2026-01-05T10:00:00Z',
  ...fields,
});
const BY_UID: Sources = { web: { fields: { user_id: 'uid' } } };

describe('a mapping that has changed', () => {
  it('needs a full refresh, whatever has changed of it', async () => {
    const types = { ...BY_UID.web, event_types: { a: 'search' } };
    const paths = { ...types, fields: { user_id: ['uid', 'user_id'] } };
    const steps: [string, Sources | undefined][] = [
      ['that is new for a source', BY_UID],
      ['with other event types', { web: types }],
      ['with other paths', { web: paths }],
      ['with other ignored events', { web: { ...paths, ignore: ['a'] } }],
      ['that is gone', undefined],
    ];
    let before: Sources | undefined;
    let { users } = await run(before, { web: [record('0')] });
    for (const [index, [which, after]] of steps.entries()) {
      const failing = run(after, { web: [record(String(index + 1))] });
      await expect(failing, which).rejects.toMatchObject({
        code: 'mapping_changed',
        message:
          'the mapping of source web has changed since its records were read: new rows would not fit those of silver_events',
        hint: expect.stringContaining('clicklake run --full-refresh'),
      });
      if (index === 0) {
        // Nothing was mixed: with the mapping of before the run goes on.
        expect((await run(before)).users).toEqual([...users, users[0]]);
      }
      users = (await run(after, {}, true)).users;
      expect(users, which).toEqual(
        Array.from({ length: index + 2 }, () => (after === undefined ? 'plain' : 'short')),
      );
      before = after;
    }
    expect((await run(before, { web: [record('9')] })).users).toEqual([...users, 'plain']);
  });

  it('is reported by a plan and by status as the run does', async () => {
    await run(undefined, { web: [record('1')] });
    const lake = await openLake({ ...settingsFor(join(folder, 'lake')), sources: BY_UID });
    try {
      const error = await lake.run({ fullRefresh: false }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'mapping_changed' });
      const { code, message, hint } = error as ClicklakeError;
      await expect(lake.previewRun({ fullRefresh: false })).rejects.toEqual(error);
      expect((await lake.status()).refusal).toEqual({ code, message, hint });
      // A full refresh is the remedy, so its plan is not refused.
      expect((await lake.previewRun({ fullRefresh: true })).fullRefresh).toBe(true);
      await lake.run({ fullRefresh: true });
      expect((await lake.status()).refusal).toBeUndefined();
    } finally {
      await lake.close();
    }
  });

  it('does not concern other sources, nor how it is written', async () => {
    await run(BY_UID, { web: [record('1')] });
    const written: Sources = {
      web: { preset: 'clicklake', fields: { user_id: ['uid'] } },
      app: { fields: { user_id: 'user_id' }, constants: { currency: 'EUR' } },
    };
    const { users } = await run(written, { web: [record('2')], app: [record('3')] });
    expect(users).toEqual(['short', 'short', 'plain']);
  });
});

describe('a lake of an earlier format', () => {
  it('is rebuilt by a full refresh, and by nothing less', async () => {
    await run(BY_UID, { web: [record('1')] });
    const log = join(folder, 'lake/silver/events/_delta_log/00000000000000000000.json');
    const text = await readFile(log, 'utf8');
    const older = text.replace(/"clicklake.formatVersion":"\d+"/, '"clicklake.formatVersion":"1"');
    expect(older).not.toBe(text);
    await writeFile(log, older);
    await expect(run(BY_UID)).rejects.toMatchObject({
      code: 'lake_too_old',
      hint: expect.stringContaining('clicklake run --full-refresh'),
    });
    expect((await run(BY_UID, {}, true)).users).toEqual(['short']);
    expect((await run(BY_UID, { web: [record('2')] })).users).toEqual(['short', 'short']);
  });
});

describe('a path beside others of its list', () => {
  const web: MappingText = {
    preset: 'segment',
    fields: {
      ...{ event_id: 'event_id', event_type: ['event_type', 'evnt'], user_id: ['uid', 'usr'] },
      ...{ event_timestamp: ['event_timestamp'], country: ['geo.country', 'land'] },
      ...{ device: ['ctx.device', 'device'], currency: ['geo.list[1]', 'geo.list[0]'] },
    },
    items: {
      ...{ from: ['products', 'items'], product_id: ['sku', 'skew', 'id'] },
      ...{ price: ['prices[]', 'amounts[]'] },
    },
  };
  const common = { uid: 'u', device: 'web', products: [{ sku: 'p' }, { id: 'q' }] };
  const lines = [
    record('1', common),
    record('2', { ...common, geo: { list: ['EUR'] }, prices: [1], ctx: { device: null } }),
  ];
  const ofStrict = (line: object, index: number) => ({ ...line, event_id: `strict ${index}` });
  const expectedOf = (source: string) =>
    [
      ['fields.event_type', 'evnt'],
      ['fields.user_id', 'usr'],
      ['fields.currency', 'geo.list[1]'],
      ['items.from', 'items'],
      ['items.product_id', 'skew'],
      ['items.price', 'amounts[]'],
    ].map(([field, path]) => ({ source, field, paths: [path], records: 2 }));

  it('is named where no record has it, and others are found, by either reader', async () => {
    // A key of these letters is none that the quick reader looks for.
    const strict = { ...web, fields: { ...web.fields, referrer: 'rückweg' } };
    const { report } = await run({ web, strict }, { web: lines, strict: lines.map(ofStrict) });
    expect(report.unusedPaths).toEqual([...expectedOf('web'), ...expectedOf('strict')]);
  });

  it('is not named in a few records more, but in many', async () => {
    await run({ web }, { web: lines });
    expect((await run({ web }, { web: [record('3', common)] })).report.unusedPaths).toBeUndefined();
    const many = Array.from({ length: 1_000 }, (_, index) => record(`m${index}`, common));
    const { report } = await run({ web }, { web: many });
    expect(report.unusedPaths).toContainEqual({
      ...{ source: 'web', field: 'fields.user_id', paths: ['usr'], records: 1_000 },
    });
  });
});

describe('paths that no record has', () => {
  const web: MappingText = {
    preset: 'segment',
    fields: {
      ...{ event_id: 'event_id', event_type: 'event_type', event_timestamp: 'event_timestamp' },
      ...{ user_id: 'uid', country: ['geo.country', 'country'], product_id: [] },
      ...{ price: 'price', currency: 'curency' },
    },
    constants: { currency: 'EUR' },
    items: { from: 'products', product_id: 'sku' },
  };
  const COUNTRY = { source: 'web', field: 'country', paths: ['geo.country', 'country'] };
  const PRICE = { source: 'web', field: 'price', paths: ['price'] };
  const ITEMS = { source: 'web', field: 'items', paths: ['products'] };

  it('are named, those of the configuration and not those of its preset', async () => {
    const sources = { web, some: web, app: { fields: { device: 'device' } } };
    const { report } = await run(sources, {
      web: [record('1'), record('2')],
      // One record has them, valid or not.
      some: [
        record('3', { geo: { country: 'de' } }),
        record('4', { event_type: 'zoom', price: '2', products: [{ sku: 'p' }] }),
        record('5', { price: '1.50' }),
      ],
      app: [record('6', { device: 'web' })],
    });
    expect(report.unfilled).toEqual([COUNTRY, PRICE, ITEMS]);
  });

  it('are not named where a number was sent that is none: that is said already', async () => {
    const { report } = await run({ web }, { web: [record('1', { price: 'free' })] });
    expect(report.unfilled).toEqual([COUNTRY, ITEMS]);
  });

  it('are not named where earlier records had them, but again in a full refresh', async () => {
    await run({ web }, { web: [record('1', { country: 'de' })] });
    const { report } = await run({ web }, { web: [record('2')] });
    expect(report.unfilled).toEqual([PRICE, ITEMS]);
    expect((await run({ web })).report.unfilled).toBeUndefined();
    expect((await run({ web }, {}, true)).report.unfilled).toEqual([PRICE, ITEMS]);
  });
});
