/** The clocks of the shop in Spark's SQL. */
import type { TimeZone } from '../../contract/time-zone.ts';
import { MICROS, type ShopTimeDialect } from '../shop-time.ts';

export const SHOP_TIME: ShopTimeDialect = {
  micros: (instant) => `unix_micros(${instant})`,
  quotient: (dividend, divisor) => `(${dividend} div ${divisor})`,
  offset: lookUpOffset,
  addDays: (date, days) => `date_add(${date}, ${days})`,
  dateOfMicros: (micros) => `CAST(timestamp_micros(${micros}) AS DATE)`,
};

/**
 * From lists by the slot of the instant. (Nested CASEs over 200 changes are more code in one method than Java's
 * virtual machine compiles.)
 */
function lookUpOffset(zone: TimeZone, instant: string): string {
  const { start, width, limits, offsets } = slotsOf(zone);
  const micros = `unix_micros(${instant})`;
  const place = `(${micros} - ${start * MICROS}) div ${width * MICROS}`;
  const slot = `CAST(greatest(least(${place}, ${limits.length - 1}), 0) AS INT)`;
  const isBefore = `${micros} < ${list(limits)}[${slot}]`;
  return `${list(offsets)}[${slot} + CASE WHEN ${isBefore} THEN 0 ELSE 1 END]`;
}

/**
 * Slots of equal width with at most one change in each. The offset at an instant is that of its slot, or of the
 * next one if it is not before the slot's limit.
 */
function slotsOf({ firstOffset, changes }: TimeZone): {
  start: number;
  width: number;
  limits: number[];
  offsets: number[];
} {
  const start = changes[0]?.at ?? 0;
  const gaps = changes.slice(1).map(({ at }, index) => at - (changes[index]?.at ?? 0));
  const width = Math.min(...gaps, 365 * 86_400);
  const slotCount = Math.floor(((changes.at(-1)?.at ?? 0) - start) / width) + 1;
  const limits: number[] = [];
  const offsets = [firstOffset];
  const rest = [...changes];
  for (let slot = 1; slot <= slotCount; slot += 1) {
    const end = start + slot * width;
    const [next] = rest;
    const isInSlot = next !== undefined && next.at < end;
    limits.push(isInSlot ? next.at : end);
    offsets.push(isInSlot ? next.offset : (offsets.at(-1) ?? 0));
    rest.splice(0, isInSlot ? 1 : 0);
  }
  return { start, width, limits, offsets };
}

function list(seconds: readonly number[]): string {
  return `array(${seconds.map((each) => `${each * MICROS}L`).join(', ')})`;
}
