/** Functions of the models that tell the date and hour of the shop's clocks, in the SQL of either engine. */
import { dateShifts, type TimeZone, timeZone, UTC } from '../contract/time-zone.ts';

/** What the two engines write differently. */
export interface ShopTimeDialect {
  /** Microseconds since 1970 of an instant. */
  micros(instant: string): string;
  /** The whole-numbered quotient of whole numbers that are not negative. */
  quotient(dividend: string, divisor: number): string;
  /** Microseconds that clocks are ahead of UTC at an instant, for a zone with changes. */
  offset(zone: TimeZone, instant: string): string;
  /** A date of so many days later. */
  addDays(date: string, days: number): string;
  /** The UTC date of microseconds since 1970. */
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
 * shop_date(t) and shop_hour(t): date and hour of an instant on the clocks of the zone. first_utc_date(d) and
 * last_utc_date(d): between them, both included, lie the UTC dates of all instants of a date of the shop.
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

/** What clocks of the zone show, as microseconds since they showed 1970. */
function localMicros(zone: TimeZone, instant: string, { micros, offset }: ShopTimeDialect): string {
  const ahead = zone.changes.length === 0 ? zone.firstOffset * MICROS : offset(zone, instant);
  return ahead === 0 ? micros(instant) : `(${micros(instant)} + ${ahead})`;
}
