/**
 * Functions for the models that give the shop's local date and hour, in SQL that both engines
 * understand.
 */
import { dateShifts, type TimeZone, timeZone, UTC } from '../contract/time-zone.ts';

/** SQL that differs between the two engines. */
export interface ShopTimeDialect {
  /** Microseconds of an instant since the epoch. */
  micros(instant: string): string;
  /** Integer division of non-negative numbers. */
  quotient(dividend: string, divisor: number): string;
  /** The zone's UTC offset at an instant, in microseconds; for zones whose offset changes. */
  offset(zone: TimeZone, instant: string): string;
  /** The date so many days later. */
  addDays(date: string, days: number): string;
  /** The UTC date of microseconds since the epoch. */
  dateOfMicros(micros: string): string;
}

export const MICROS = 1_000_000;
const MICROS_PER_HOUR = 3600 * MICROS;

export interface ShopTimeFunction {
  name: 'shop_date' | 'shop_hour' | 'first_utc_date' | 'last_utc_date';
  parameter: { name: string; type: 'TIMESTAMP' | 'DATE' };
  returns: 'DATE' | 'INT';
  body: string;
}

/**
 * shop_date(t) and shop_hour(t): local date and hour of an instant. first_utc_date(d) and
 * last_utc_date(d): the first and last UTC date that overlap a local date.
 */
export function shopTimeFunctions(
  zoneName: string,
  dialect: ShopTimeDialect,
): readonly ShopTimeFunction[] {
  const zone = timeZone(zoneName);
  const { first, last } = dateShifts(zone);
  const instant = { name: 't', type: 'TIMESTAMP' } as const;
  const date = { name: 'd', type: 'DATE' } as const;
  const local = localMicros(zone, 't', dialect);
  const hours = dialect.quotient(local, MICROS_PER_HOUR);
  return [
    {
      name: 'shop_date',
      parameter: instant,
      returns: 'DATE',
      body: zoneName === UTC ? 'utc_date(t)' : dialect.dateOfMicros(local),
    },
    {
      name: 'shop_hour',
      parameter: instant,
      returns: 'INT',
      body: `CAST(${hours} % 24 AS INT)`,
    },
    {
      name: 'first_utc_date',
      parameter: date,
      returns: 'DATE',
      body: first === 0 ? 'd' : dialect.addDays('d', first),
    },
    {
      name: 'last_utc_date',
      parameter: date,
      returns: 'DATE',
      body: last === 0 ? 'd' : dialect.addDays('d', last),
    },
  ];
}

/** The local time as microseconds since 1970-01-01 00:00 local time. */
function localMicros(zone: TimeZone, instant: string, { micros, offset }: ShopTimeDialect): string {
  const ahead = zone.changes.length === 0 ? zone.firstOffset * MICROS : offset(zone, instant);
  return ahead === 0 ? micros(instant) : `(${micros(instant)} + ${ahead})`;
}
