/** Orders that come back: the shop's office tells of it days later, without a session or a device. */
import { type Acts, addAct, createActs, type Visit } from './acts.ts';
import { NO_PRODUCT, PAGE, QUANTITY_OMITTED, TYPE } from './events.ts';
import { deriveKey, draw, pick, threshold } from './hash.ts';
import { DAY_MS } from './options.ts';
import { type OrderTruth, ordersOf } from './order-truth.ts';
import { SENDER } from './sender-rules.ts';
import type { Shop } from './shop.ts';

const DAYS = 20;
/** Of the refunds, those of one product; the others are of whole orders. */
const OF_ONE_LINE = threshold(0.4);
/** Refunds that are told of twice, with two event ids. */
const TOLD_TWICE = threshold(0.15);
/** Acts of visits have smaller numbers. */
const FIRST_STEP = 500;
/** Pieces that are sent back at once, at most. */
const MOST_PIECES = 9;

export interface Refund {
  order: OrderTruth;
  /** Time of the order's first event, in microseconds, by the visitor's clock. */
  orderedUs: number;
  /** The events that tell of it, to be delivered as if they were a visit's. */
  visit: Visit;
  acts: Acts;
  /** `NO_PRODUCT`: the whole order. */
  product: number;
  /** In hundredths of the order's currency. */
  cents: number;
}

/** The refunds of a visit's orders that take place before the visit's `endMs`. */
export function refundsOf(shop: Shop, visit: Visit, acts: Acts): Refund[] {
  const limit = threshold(shop.profile.orders.refunds);
  if (limit === 0) {
    return [];
  }
  const refunds: Refund[] = [];
  for (const order of ordersOf(shop, visit.country, acts)) {
    const keyA = deriveKey(deriveKey(visit.keyA, 9), order.step);
    const keyB = deriveKey(deriveKey(visit.keyB, 9), order.step);
    if (draw(keyA, keyB, 0) < limit) {
      const refund = fileRefund(shop, visit, acts, order, keyA, keyB);
      if (refund.acts.count > 0) {
        refunds.push(refund);
      }
    }
  }
  return refunds;
}

function fileRefund(
  shop: Shop,
  visit: Visit,
  acts: Acts,
  order: OrderTruth,
  keyA: number,
  keyB: number,
): Refund {
  const random = (purpose: number) => draw(keyA, keyB, purpose);
  const lines = [...order.quantities];
  const isOfLine = random(1) < OF_ONE_LINE;
  const [product, bought] = isOfLine ? lines[pick(random(2), lines.length)]! : [NO_PRODUCT, 0];
  const quantity = isOfLine ? 1 + pick(random(5), Math.min(bought, MOST_PIECES)) : QUANTITY_OMITTED;
  const atMs = acts.trueMs[order.step]! + 3_600_000 + pick(random(3), DAYS * DAY_MS);
  const office: Visit = {
    ...visit,
    keyA,
    keyB,
    startMs: atMs,
    skewMs: 0,
    countsMicroseconds: false,
    device: shop.deviceCount,
    country: shop.countryCount,
    sender: SENDER.hasNoSession,
    firstUserStep: 0,
  };
  const filed = createActs(2);
  // Two orders of a visit have numbers of their own.
  filed.firstStep = FIRST_STEP + 2 * order.step;
  const times = random(4) < TOLD_TWICE ? 2 : 1;
  for (let time = 0; time < times; time++) {
    addAct(filed, office, atMs, TYPE.refund, PAGE.none);
    filed.product[time] = product;
    filed.quantity[time] = quantity;
    filed.referrer[time] = PAGE.none;
    filed.orderStep[time] = order.step;
  }
  const { currencies } = shop;
  const price = isOfLine ? currencies.priceCents[order.currency]![product]! : 0;
  const cents = isOfLine ? Math.min(price * quantity, order.revenueCents) : order.revenueCents;
  const orderedUs = acts.shownUs[order.step]!;
  return { order, orderedUs, visit: office, acts: filed, product, cents };
}
