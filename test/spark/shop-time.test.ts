/** The clocks of the shop on both engines, which look its offsets up in one table in two ways. */
import { describe, expect, it, vi } from 'vitest';
import { timeZone } from '../../src/contract/time-zone.ts';
import { type EngineName, openOn, SPARK_URL } from '../fixtures/both-engines.ts';

vi.setConfig({ testTimeout: 1_800_000 });

const ZONES = ['UTC', 'Asia/Jakarta', 'Europe/Berlin', 'Africa/Casablanca', 'America/Recife'];

describe.skipIf(SPARK_URL === undefined)('the clocks of the shop', () => {
  it.each(ZONES)('show the same on both engines: %s', async (zone) => {
    const onDuckdb = await clocksOn('duckdb', zone);
    expect(onDuckdb.length).toBeGreaterThan(300);
    expect(await clocksOn('spark', zone)).toEqual(onDuckdb);
  });
});

async function clocksOn(engine: EngineName, zone: string): Promise<unknown[]> {
  await using lake = await openOn(engine, (settings) => ({
    ...settings,
    reporting: { timeZone: zone },
  }));
  await lake.receive('blank.ndjson', Buffer.from('\n'));
  return await lake.rows(
    `SELECT us, CAST(shop_date(t) AS STRING) AS shop_day, shop_hour(t) AS shop_hour,
       CAST(first_utc_date(shop_date(t)) AS STRING) AS first_day,
       CAST(last_utc_date(shop_date(t)) AS STRING) AS last_day
     FROM (SELECT us, timestamp_micros(us) AS t FROM (VALUES ${instants(zone)}) AS v(us)) AS i
     ORDER BY us`,
  );
}

/** Around every change, and every forty days of a century. */
function instants(zone: string): string {
  const start = Date.UTC(2000, 0, 1) / 1000;
  const seconds = Array.from({ length: 915 }, (_, index) => start + index * 40 * 86_400 + 50_000);
  const changes = timeZone(zone).changes.flatMap(({ at }) => [at - 1, at, at + 1]);
  return [...seconds, ...changes].map((second) => `(${second}000000)`).join(', ');
}
