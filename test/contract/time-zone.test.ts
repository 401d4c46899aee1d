import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTimeZone, timeZone } from '../../src/contract/time-zone.ts';
import { hasPython, runPython } from '../delta/python.ts';
import { openZoneSession, type ZoneSession } from './zone-session.ts';

const ZONES = [
  'UTC',
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/Argentina/San_Luis',
  'America/Caracas',
  'America/Mexico_City',
  'America/New_York',
  'America/Recife',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Amman',
  'Asia/Jakarta',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Pyongyang',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Europe/Istanbul',
  'Europe/London',
  'Europe/Moscow',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
];

interface Clocks {
  zone: string;
  firstOffset: number;
  changes: [at: number, offset: number][];
  /** Seconds since 1970, and the date and hour that clocks show then. */
  probes: [second: number, date: string, hour: number][];
}

const YEAR_2036 = Date.UTC(2036, 0, 1) / 1000;

let duckdb: ZoneSession;
beforeAll(async () => {
  duckdb = await openZoneSession();
});
afterAll(() => duckdb.close());

describe.skipIf(!hasPython())('time zones, beside those of Python', () => {
  let clocks: Clocks[];
  beforeAll(async () => {
    clocks = await runPython('../contract/zone_clocks.py', ...ZONES);
  });

  it('change their offsets at the same seconds from 2000 to 2035', () => {
    const changes = ZONES.map((name) => {
      const { firstOffset, changes } = timeZone(name);
      const until2035 = changes.filter(({ at }) => at < YEAR_2036);
      return { zone: name, firstOffset, changes: until2035.map(({ at, offset }) => [at, offset]) };
    });
    expect(changes).toEqual(clocks.map(({ probes: _, ...known }) => known));
  });

  it.each(ZONES)('show the same dates and hours in DuckDB: %s', async (name) => {
    const probes = clocks.find(({ zone }) => zone === name)?.probes ?? [];
    expect(probes.length).toBeGreaterThan(2000);
    await duckdb.useZone(name);
    const shown = await duckdb.rows(
      `SELECT CAST(shop_date(t) AS VARCHAR), shop_hour(t)
       FROM (
         SELECT unnest(range(${probes.length})) AS place, unnest([${probes.map(([second]) => second)}]) AS second,
           to_timestamp(second) AS t
       ) ORDER BY place`,
    );
    expect(shown).toEqual(probes.map(([, date, hour]) => [date, hour]));
  });
});

describe('the days of a time zone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    ['Europe/Berlin', '2026-06-01', 24],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', 23.5],
    ['America/Sao_Paulo', '2018-11-04', 23],
    ['Asia/Jakarta', '2026-01-01', 24],
  ])('have their hours: %s, %s', async (zone, date, hours) => {
    await duckdb.useZone(zone);
    const [[minutes] = []] = await duckdb.rows(
      `SELECT count(*) FROM (
         SELECT unnest(generate_series(DATE '${date}' - INTERVAL 2 DAY, DATE '${date}' + INTERVAL 3 DAY, INTERVAL 1 MINUTE)) AS t)
       WHERE shop_date(CAST(t AS TIMESTAMPTZ)) = DATE '${date}'`,
    );
    expect(Number(minutes) / 60).toBe(hours);
  });

  it.each(['Europe/London', 'America/New_York', 'Pacific/Apia', 'Asia/Jakarta', 'UTC'])(
    'lie on the UTC dates that are read for them: %s',
    async (zone) => {
      await duckdb.useZone(zone);
      const outside = await duckdb.rows(
        `SELECT t FROM (SELECT unnest(generate_series(TIMESTAMPTZ '2010-01-01', TIMESTAMPTZ '2013-01-01', INTERVAL 1 HOUR)) AS t)
         WHERE utc_date(t) NOT BETWEEN first_utc_date(shop_date(t)) AND last_utc_date(shop_date(t))`,
      );
      expect(outside).toEqual([]);
      const [width] = await duckdb.rows(
        `SELECT last_utc_date(DATE '2026-01-10') - first_utc_date(DATE '2026-01-10')`,
      );
      expect(width).toEqual([zone === 'UTC' ? 0n : zone === 'Pacific/Apia' ? 2n : 1n]);
    },
  );
});

describe('the name of a time zone', () => {
  it('is one that Intl knows, and no offset', () => {
    expect(['Europe/Berlin', 'UTC', 'Asia/Kathmandu'].filter(isTimeZone)).toHaveLength(3);
    expect(['', 'Berlin', 'Europe/Nowhere', '+07:00', 'UTC+7', ' UTC'].filter(isTimeZone)).toEqual(
      [],
    );
  });
});
