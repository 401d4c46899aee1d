/** The acts of a visit, and the random numbers they are drawn from. */
import {
  NO_ORDER,
  NO_PRODUCT,
  PAGE,
  PRICE_NONE,
  pageOf,
  QUANTITY_OMITTED,
  TYPE,
} from './events.ts';
import { draw, pick } from './hash.ts';
import { HOUR_MS } from './options.ts';
import type { Shop } from './shop.ts';

/** A visit about to begin. */
export interface Visit {
  visitor: number;
  /** Unique among the visitor's visits: the day number times 64, plus the index within the day. */
  number: number;
  /** The visit's stream of random numbers. */
  keyA: number;
  keyB: number;
  /** True time, milliseconds since the epoch. */
  startMs: number;
  /** Acts at or after this, by the true or by the visitor's clock, no longer take place. */
  endMs: number;
  skewMs: number;
  countsMicroseconds: boolean;
  device: number;
  country: number;
  isRobot: boolean;
  /** The sender fields of its events: see `SENDER`. */
  sender: number;
  /** Acts before this index have no user. */
  firstUserStep: number;
}

/** Maximum number of steps of a visit. */
const MAX_STEPS = 400;
/** The truth relies on a visit touching two days at most. */
const MAX_VISIT_MS = 12 * HOUR_MS;

/** The acts of one visit in order; `count` of them, reused from visit to visit. */
export interface Acts {
  count: number;
  type: Uint8Array;
  /** True time in milliseconds, and the time the visitor's clock shows in microseconds. */
  trueMs: Float64Array;
  shownUs: Float64Array;
  product: Int32Array;
  priceCents: Int32Array;
  quantity: Uint8Array;
  page: Int32Array;
  referrer: Int32Array;
  /** For a purchase the step of its order's first line, else `NO_ORDER`. */
  orderStep: Int16Array;
  device: Uint8Array;
  /** 1 after another account logged in during the visit. */
  isOtherAccount: Uint8Array;
  /** `MAX_ITEMS` for each act: the lines of an order that one event tells of; 0 for none. See `packItem`. */
  items: Int32Array;
  /** The number of the first act in the visit, which its id is made of. */
  firstStep: number;
}

/** Maximum number of lines of an order. */
export const MAX_ITEMS = 12;

export const packItem = (product: number, quantity: number): number =>
  (product + 1) * 256 + quantity;
export const productOfItem = (item: number): number => Math.floor(item / 256) - 1;
export const quantityOfItem = (item: number): number => item % 256;

/** `capacity`: the most acts; by default those of the longest visit. */
export function createActs(capacity = MAX_STEPS): Acts {
  return {
    count: 0,
    type: new Uint8Array(capacity),
    trueMs: new Float64Array(capacity),
    shownUs: new Float64Array(capacity),
    product: new Int32Array(capacity),
    priceCents: new Int32Array(capacity),
    quantity: new Uint8Array(capacity),
    page: new Int32Array(capacity),
    referrer: new Int32Array(capacity),
    orderStep: new Int16Array(capacity),
    device: new Uint8Array(capacity),
    isOtherAccount: new Uint8Array(capacity),
    items: new Int32Array(capacity * MAX_ITEMS),
    firstStep: 0,
  };
}

/** The purposes of a step's random numbers; a product takes two. */
export const FOR = {
  move: 0,
  time: 1,
  product: 2,
  choice: 4,
  quantity: 5,
  clock: 6,
  lines: 7,
} as const;
export const DRAWS_PER_STEP = 8;
/** Numbers for the visit as a whole come after those of all steps. */
export const FOR_VISIT = DRAWS_PER_STEP * (MAX_STEPS + 1);

/** Adds an act, unless its time is past the visit's end: then the visit is over. */
export function addAct(acts: Acts, visit: Visit, atMs: number, type: number, page: number): void {
  const step = acts.count;
  const shownMs = atMs + visit.skewMs;
  const isOver = atMs >= visit.endMs || shownMs >= visit.endMs;
  if (isOver || atMs - visit.startMs >= MAX_VISIT_MS) {
    return;
  }
  acts.type[step] = type;
  acts.trueMs[step] = atMs;
  acts.shownUs[step] = shownMs * 1_000 + microseconds(visit, type, step);
  acts.product[step] = NO_PRODUCT;
  acts.priceCents[step] = PRICE_NONE;
  acts.quantity[step] = QUANTITY_OMITTED;
  acts.page[step] = page;
  acts.referrer[step] = step === 0 ? 0 : acts.page[step - 1]!;
  acts.orderStep[step] = NO_ORDER;
  acts.device[step] = visit.device;
  acts.isOtherAccount[step] = 0;
  if (acts.items[step * MAX_ITEMS]! > 0) {
    acts.items.fill(0, step * MAX_ITEMS, (step + 1) * MAX_ITEMS);
  }
  acts.count = step + 1;
}

/** Adds an act about a product; a quantity may be `QUANTITY_OMITTED`. */
export function addProductAct(
  shop: Shop,
  acts: Acts,
  visit: Visit,
  atMs: number,
  type: number,
  product: number,
  quantity: number,
): void {
  const step = acts.count;
  addAct(acts, visit, atMs, type, pageOf(PAGE.product, product));
  acts.product[step] = product;
  acts.priceCents[step] = priceOf(shop, visit.country, product);
  acts.quantity[step] = quantity;
}

/** In hundredths of the currency in which visitors from the country pay. */
function priceOf({ currencies }: Shop, country: number, product: number): number {
  return currencies.priceCents[currencies.ofCountry[country]!]![product]!;
}

/** The lines of an order share their time, so they share its microseconds too. */
function microseconds(visit: Visit, type: number, step: number): number {
  if (!visit.countsMicroseconds || type === TYPE.purchase) {
    return 0;
  }
  return pick(draw(visit.keyA, visit.keyB, step * DRAWS_PER_STEP + FOR.clock), 1_000);
}
