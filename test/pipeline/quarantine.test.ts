import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

/** Of each file its records with their positions, in the order of the file. */
async function positionsOf(lake: TestLake): Promise<Record<string, string[]>> {
  const { rows } = await lake.lake.listQuarantine({ limit: 99 });
  const byFile: Record<string, string[]> = {};
  const inOrder = rows.toSorted((a, b) => (a.position?.number ?? 0) - (b.position?.number ?? 0));
  for (const { bronzePath, position, text } of inOrder) {
    const place = position === null ? 'null' : `${position.unit} ${position.number}`;
    const name = bronzePath.replace(/.*\//, '');
    byFile[name] = [...(byFile[name] ?? []), `${text} ${place}`];
  }
  return byFile;
}

describe('quarantine', () => {
  let lake: TestLake;
  const long = `{"event_id": "é${'é'.repeat(9_000)}`;
  beforeAll(async () => {
    lake = await openTestLake();
    await lake.receive('f.ndjson', `${long}\n{"user_id":[]}\n`);
    await lake.receive('l.ndjson', Buffer.from(`\xe9${'x'.repeat(9_000)}\n`, 'latin1'));
    await lake.lake.run({ fullRefresh: false });
  });
  afterAll(() => lake[Symbol.asyncDispose]());

  it('reads no more of its lines than is asked for', async () => {
    const textOf = async (reason: string) =>
      (await lake.lake.listQuarantine({ reason, limit: 9, maxTextLength: 300 })).rows[0]?.text;
    expect(await textOf('not_json')).toBe(long.slice(0, 300));
    expect(await textOf('not_utf8')).toBe(`\ufffd${'x'.repeat(299)}`);
    const whole = await lake.lake.listQuarantine({ reason: 'not_json', limit: 9 });
    expect(whole.rows[0]?.text).toBe(long);
  });

  it('looks up the line of each, blank ones counted, behind a byte-order mark and among equal ones', async () => {
    await using other = await openTestLake();
    const same = '{"user_id":[1]}';
    await other.receive('m.ndjson', `\ufeff{"a":1}\n\n${same}\r\n  \n${same}\n{"a":1}\n${same}`);
    await other.receive('n.ndjson.gz', gzipSync(Buffer.from(`{}\n\xff\xfe\n`, 'latin1')));
    await other.lake.run();
    expect(await positionsOf(other)).toEqual({
      'm.ndjson': [
        '\ufeff{"a":1} line 1',
        `${same}\r line 3`,
        `${same} line 5`,
        '{"a":1} line 6',
        `${same} line 7`,
      ],
      'n.ndjson.gz': ['{} line 1', '\ufffd\ufffd line 2'],
    });
  });

  it('exports positions when asked to', async () => {
    const chunks: Buffer[] = [];
    await lake.lake.exportQuarantine({ reason: 'not_json', positions: true }, async (chunk) => {
      chunks.push(chunk);
    });
    const { rows } = await lake.lake.listQuarantine({ reason: 'not_json', limit: 9 });
    expect(Buffer.concat(chunks).toString()).toBe(`${JSON.stringify(rows[0])}\n`);
    expect(rows[0]?.position).toEqual({ unit: 'line', number: 1 });
  });

  it('is shown without positions when a file is gone or has changed', async () => {
    await using other = await openTestLake();
    await other.receive('a.ndjson', '{"a":1}\n');
    await other.receive('b.ndjson', '{"b":1}\n{"c":1}\n');
    await other.receive('c.ndjson.gz', gzipSync('{"d":1}\n'));
    await other.lake.run();
    const { rows: before } = await other.lake.listQuarantine({ limit: 9 });
    const pathOf = (name: string) =>
      join(
        other.settings.lake,
        before.find(({ bronzePath }) => bronzePath.endsWith(name))!.bronzePath,
      );
    await rm(pathOf('a.ndjson'));
    await writeFile(pathOf('b.ndjson'), '{"b":2}\n{"c":1}\n');
    await writeFile(pathOf('c.ndjson.gz'), 'no gzip');
    expect(await positionsOf(other)).toEqual({
      'a.ndjson': ['{"a":1} null'],
      'b.ndjson': ['{"b":1} null', '{"c":1} line 2'],
      'c.ndjson.gz': ['{"d":1} null'],
    });
  });

  it('tells a reason that holds no lines from one that there is not', async () => {
    const none = await lake.lake.listQuarantine({ reason: 'missing:product_id', limit: 9 });
    expect(none).toEqual({ total: 0, byReason: {}, rows: [], unreadFiles: 0 });
    const reasons = 'not_utf8, not_json, not_an_object, unknown_event_type, bad_timestamp';
    await expect(lake.lake.listQuarantine({ reason: 'nope', limit: 9 })).rejects.toMatchObject({
      code: 'usage',
      message: '"nope" is not a quarantine reason',
      hint: expect.stringContaining(reasons),
    });
    await expect(
      lake.lake.exportQuarantine({ reason: 'missing:colour' }, async () => {}),
    ).rejects.toMatchObject({
      hint: 'the reasons are missing:event_id, missing:user_id, missing:event_type, missing:event_timestamp, missing:product_id',
    });
  });

  it('keeps the text of a batch of nothing else in little memory', async () => {
    await using poor = await openTestLake({}, (settings) => ({
      ...settings,
      duckdb: { ...settings.duckdb, memoryLimitMb: 350 },
    }));
    const padding = 'x'.repeat(60);
    const lines = Array.from(
      { length: 500_000 },
      (_, index) => `{"user_id":"u${index}${padding}"}`,
    );
    await poor.receive('rejected.ndjson', `${lines.join('\n')}\n`);
    await poor.lake.run({ fullRefresh: false });
    const [row] = await poor.rows(`SELECT count(*) AS lines, count(DISTINCT raw_text) AS texts,
      min(length(raw_text)) AS shortest FROM silver_quarantine WHERE reason = 'missing:event_id'`);
    expect(row).toEqual({ lines: 500_000, texts: 500_000, shortest: 76 });
  });
});

describe('unknown event types', () => {
  const event = (id: string, type: string): string =>
    `${JSON.stringify({ event_id: id, user_id: 'u', event_type: type, event_timestamp: '2026-01-05T10:00:00Z' })}\n`;

  it('are counted by source, in a run and in the list', async () => {
    await using shop = await openTestLake();
    // A record that is rejected for another reason says nothing about its type.
    const first = event('1', 'Order Complete') + event('2', 'popup') + event('', 'other');
    await shop.receive('a.jsonl', first + event('4', 'search'));
    const path = join(shop.folder, 'b.jsonl');
    await writeFile(path, event('5', 'order complete') + event('6', 'ORDER COMPLETE'));
    await shop.lake.ingest([{ kind: 'file', path }], { source: 'app' });
    const report = await shop.lake.run();
    const expected = [
      {
        source: 'test',
        records: 2,
        types: [
          { type: 'order complete', records: 1 },
          { type: 'popup', records: 1 },
        ],
      },
      { source: 'app', records: 2, types: [{ type: 'order complete', records: 2 }] },
    ];
    expect(report.unknownTypes).toEqual(expect.arrayContaining(expected));
    const list = await shop.lake.listQuarantine({ limit: 1 });
    expect(list.unknownTypes).toEqual(expect.arrayContaining(expected));
    await shop.receive('c.jsonl', event('7', 'popup'));
    expect((await shop.lake.run()).unknownTypes).toEqual([
      { source: 'test', records: 1, types: [{ type: 'popup', records: 1 }] },
    ]);
    const others = await shop.lake.listQuarantine({ limit: 1, reason: 'missing:event_id' });
    expect(others.unknownTypes).toBeUndefined();
    expect((await shop.lake.run()).unknownTypes).toBeUndefined();
  });

  it('are said to be the purchases, perhaps, while the lake has no order', async () => {
    await using shop = await openTestLake();
    const lacks = async (name: string, ...events: string[]) => {
      await shop.receive(name, events.join(''));
      return (await shop.lake.run()).lacksPurchases;
    };
    expect(await lacks('a.jsonl', event('1', 'search'))).toBeUndefined();
    expect(await lacks('b.jsonl', event('2', 'search'), event('3', 'all done'))).toBe(true);
    expect(await lacks('c.jsonl', event('4', 'all done'))).toBeUndefined();
    expect(await lacks('d.jsonl', event('5', 'purchase'), event('6', 'all done'))).toBeUndefined();
  });
});
