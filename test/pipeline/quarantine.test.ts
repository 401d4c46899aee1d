import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

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

  it('tells a reason that holds no lines from one that there is not', async () => {
    const none = await lake.lake.listQuarantine({ reason: 'missing:product_id', limit: 9 });
    expect(none).toEqual({ total: 0, byReason: {}, rows: [] });
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
