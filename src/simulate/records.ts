/**
 * Lines on their way, before they are text: plain numbers in two arrays, so that a line can wait,
 * be sorted and be handed to another thread without becoming an object.
 */
import { type Acts, MAX_ITEMS, type Visit } from './acts.ts';
import { SENDER } from './sender-rules.ts';

/** What a line is, apart from its content. */
export const KIND = {
  /** As the client sends it. */
  plain: 0,
  /** The same content, but spelled in another way than the first delivery. */
  respelled: 1,
  /** From here on: a line for quarantine, the kind less this is the index of its defect. */
  defective: 2,
} as const;

/** Whole numbers of one record, in this order in `ints`. */
export const FIELD = {
  visitor: 0,
  /** `visit number * 1024 + step`. */
  act: 1,
  /** Packed: see `packTraits`. */
  traits: 2,
  product: 3,
  priceCents: 4,
  /** `quantity + 256 * (order step + 1)`. */
  quantityOrder: 5,
  page: 6,
  referrer: 7,
  /** See `SENDER`. */
  sender: 8,
  /** The first of `MAX_ITEMS`: the lines of an order that one event tells of, see `packItem`. */
  items: 9,
} as const;
export const RECORD_INTS = 9 + MAX_ITEMS;

export const STEP_SPAN = 1_024;

/** Records in a fixed order. */
export interface Records {
  count: number;
  ints: Int32Array;
  /** `event_timestamp` in microseconds. */
  shownUs: Float64Array;
}

export function allocateRecords(capacity: number): Records {
  return {
    count: 0,
    ints: new Int32Array(capacity * RECORD_INTS),
    shownUs: new Float64Array(capacity),
  };
}

/** Records in no order, each with the time it arrives. */
export interface Arrivals extends Records {
  /** Milliseconds since the epoch. */
  arrivalMs: Float64Array;
}

export function createArrivals(capacity = 64): Arrivals {
  return { ...allocateRecords(capacity), arrivalMs: new Float64Array(capacity) };
}

/** Adds the record of an act. `kind` as in `KIND`. */
export function addRecord(
  arrivals: Arrivals,
  arrivalMs: number,
  kind: number,
  visit: Visit,
  acts: Acts,
  step: number,
): void {
  const index = reserveRecord(arrivals);
  const { ints } = arrivals;
  const at = index * RECORD_INTS;
  arrivals.arrivalMs[index] = arrivalMs;
  arrivals.shownUs[index] = acts.shownUs[step]!;
  ints[at + FIELD.visitor] = visit.visitor;
  ints[at + FIELD.act] = visit.number * STEP_SPAN + acts.firstStep + step;
  ints[at + FIELD.traits] =
    acts.type[step]! |
    (acts.device[step]! << 3) |
    (visit.country << 6) |
    (acts.isOtherAccount[step]! << 14) |
    ((visit.countsMicroseconds ? 1 : 0) << 15) |
    (kind << 16);
  ints[at + FIELD.product] = acts.product[step]!;
  ints[at + FIELD.priceCents] = acts.priceCents[step]!;
  ints[at + FIELD.quantityOrder] = acts.quantity[step]! + 256 * (acts.orderStep[step]! + 1);
  ints[at + FIELD.page] = acts.page[step]!;
  ints[at + FIELD.referrer] = acts.referrer[step]!;
  ints[at + FIELD.sender] = visit.sender | (step < visit.firstUserStep ? SENDER.hasNoUser : 0);
  copyItems(acts.items, step * MAX_ITEMS, ints, at + FIELD.items);
}

export const typeOf = (traits: number): number => traits & 7;
export const deviceOf = (traits: number): number => (traits >> 3) & 7;
export const countryOf = (traits: number): number => (traits >> 6) & 255;
export const isOtherAccount = (traits: number): boolean => (traits & (1 << 14)) !== 0;
export const countsMicroseconds = (traits: number): boolean => (traits & (1 << 15)) !== 0;
export const kindOf = (traits: number): number => traits >>> 16;

/** Copies the `indexes` from `from` on out of `arrivals`, `count` of them, in their order. */
export function gatherRecords(
  arrivals: Arrivals,
  indexes: Uint32Array,
  from: number,
  count: number,
  into: Records,
): void {
  const { ints, shownUs } = arrivals;
  const { ints: intsInto, shownUs: shownUsInto } = into;
  for (let i = 0; i < count; i++) {
    const source = indexes[from + i]!;
    shownUsInto[i] = shownUs[source]!;
    const sourceAt = source * RECORD_INTS;
    const at = i * RECORD_INTS;
    for (let field = 0; field < FIELD.items; field++) {
      intsInto[at + field] = ints[sourceAt + field]!;
    }
    copyItems(ints, sourceAt + FIELD.items, intsInto, at + FIELD.items);
  }
  into.count = count;
}

/** Few records have items, and none has an empty one before another. */
function copyItems(from: Int32Array, fromAt: number, to: Int32Array, at: number): void {
  if (from[fromAt]! > 0 || to[at]! > 0) {
    for (let line = 0; line < MAX_ITEMS; line++) {
      to[at + line] = from[fromAt + line]!;
    }
  }
}

/** Adds the record at `index` of `from`. */
export function copyRecord(arrivals: Arrivals, from: Arrivals, index: number): void {
  const to = reserveRecord(arrivals);
  const at = index * RECORD_INTS;
  arrivals.ints.set(from.ints.subarray(at, at + RECORD_INTS), to * RECORD_INTS);
  arrivals.shownUs[to] = from.shownUs[index]!;
  arrivals.arrivalMs[to] = from.arrivalMs[index]!;
}

/** Adds all of `more` to `arrivals`. */
export function appendArrivals(arrivals: Arrivals, more: Arrivals): void {
  const first = arrivals.count;
  const count = first + more.count;
  if (count > arrivals.arrivalMs.length) {
    enlarge(arrivals, Math.max(count, 2 * first));
  }
  arrivals.ints.set(more.ints.subarray(0, more.count * RECORD_INTS), first * RECORD_INTS);
  arrivals.shownUs.set(more.shownUs.subarray(0, more.count), first);
  arrivals.arrivalMs.set(more.arrivalMs.subarray(0, more.count), first);
  arrivals.count = count;
}

function reserveRecord(arrivals: Arrivals): number {
  const index = arrivals.count++;
  if (index === arrivals.arrivalMs.length) {
    enlarge(arrivals, index * 2);
  }
  return index;
}

function enlarge(arrivals: Arrivals, capacity: number): void {
  const larger = createArrivals(capacity);
  larger.ints.set(arrivals.ints);
  larger.shownUs.set(arrivals.shownUs);
  larger.arrivalMs.set(arrivals.arrivalMs);
  arrivals.ints = larger.ints;
  arrivals.shownUs = larger.shownUs;
  arrivals.arrivalMs = larger.arrivalMs;
}
