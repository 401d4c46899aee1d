/**
 * Counts the truth from the acts of visit after visit.
 *
 * It follows the definitions of the Gold tables in another way than the pipeline does: visit by visit,
 * in the order in which the visits begin, with a few bytes of memory per visitor. Only the days still
 * open are held.
 */

import { type Acts, MAX_ITEMS, productOfItem, type Visit } from './acts.ts';
import { createBuyerTally } from './buyer-truth.ts';
import { createCohortTally } from './cohort-truth.ts';
import {
  addSessionTotals,
  CHANNEL,
  CHANNEL_COUNTERS,
  cellOf,
  createDayTruth,
  createSessionTotals,
  type DayTruth,
  FUNNEL_COUNTERS,
  formatDate,
  renderDay,
} from './day-truth.ts';
import { EVENT_TYPES, NO_PRODUCT, PRICE_UNREADABLE, QUANTITY_UNREADABLE, TYPE } from './events.ts';
import { itemsOf, type OrderTruth, ordersOf } from './order-truth.ts';
import type { Refund } from './refunds.ts';
import { SENDER } from './sender-rules.ts';
import type { Shop } from './shop.ts';
import type { DayOf } from './shop-days.ts';
import { trafficOf } from './traffic.ts';
import type { Truth, TruthDay } from './truth.ts';

const UTC_DAY_US = 86_400_000_000;

export interface TruthTally {
  /**
   * Counts a visit. A visitor's visits must come in the order in which they begin by the visitor's
   * clock, each must be shorter than a day.
   */
  addVisit(visit: Visit, acts: Acts): void;
  /** Counts a refund. The day of its order must not be closed, its visit may be counted later. */
  addRefund(refund: Refund): void;
  /** Closes and gives away the days before `date` (days since the epoch), ascending. */
  closeDaysBefore(date: number): TruthDay[];
  /** The totals over all visits; the days must have been closed. */
  totals(): Pick<Truth, 'sessions' | 'users' | 'cohorts' | 'rfm' | 'events' | 'identity'>;
}

/** `firstDate`: the first simulated day, as days since the epoch. */
export function createTruthTally(
  shop: Shop,
  visitorCount: number,
  firstDate: number,
  dateOf: DayOf,
): TruthTally {
  const open = new Map<number, DayTruth>();
  const totals = createSessionTotals();
  const byNumber: number[] = [];
  const byType = new Float64Array(EVENT_TYPES.length);
  const ofBots = new Float64Array(EVENT_TYPES.length);
  const unreadableNumbers = { price: 0, quantity: 0 };
  let buyers = 0;

  // Per visitor.
  const visits = new Uint32Array(visitorCount);
  const isBuyer = new Uint8Array(visitorCount);
  const lastSessionDate = new Int16Array(visitorCount).fill(-32_768);
  const firstSeen = new Int16Array(visitorCount);
  const lastSeen = new Int16Array(visitorCount);
  /** Bits: by which kinds of traffic the visitor has come on the date of the last session. */
  const trafficSeen = new Uint32Array(visitorCount);
  const cohorts = createCohortTally(visitorCount);
  const buyerTally = createBuyerTally(visitorCount);
  // The visit for which a product was last counted.
  const distinctFor = new Float64Array(shop.catalogue.count);
  let visitStamp = 0;

  const dayOf = (date: number): DayTruth => {
    let day = open.get(date);
    if (day === undefined) {
      day = createDayTruth(shop, date);
      open.set(date, day);
    }
    return day;
  };

  /** Counts a product that an event names; answers whether it is the first time in the visit. */
  function addName(day: DayTruth, product: number): boolean {
    day.productEvents[product]!++;
    const isFirst = distinctFor[product] !== visitStamp;
    distinctFor[product] = visitStamp;
    return isFirst;
  }

  /** Counts the acts of a visit day by day; answers how many distinct products they name. */
  function addActs(visit: Visit, acts: Acts): number {
    const { country } = visit;
    let day = dayOf(dateOf(acts.shownUs[0]!));
    let productCount = 0;
    for (let step = 0; step < acts.count; step++) {
      const date = dateOf(acts.shownUs[step]!);
      if (date !== day.date) {
        day = dayOf(date);
      }
      const type = acts.type[step]!;
      day.byType[type]!++;
      day.eventCount[cellOf(shop, type, acts.device[step]!, country)]!++;
      const product = acts.product[step]!;
      if (product !== NO_PRODUCT) {
        addProduct(day, type, product);
        productCount += addName(day, product) ? 1 : 0;
      } else if (acts.items[step * MAX_ITEMS]! > 0) {
        for (const item of itemsOf(acts, step)) {
          day.isNamed[productOfItem(item)] = 1;
          productCount += addName(day, productOfItem(item)) ? 1 : 0;
        }
      }
    }
    return productCount;
  }

  /** Counts the orders of a visit, each on its own day; answers their revenue. */
  function addOrders(visit: Visit, acts: Acts): number {
    let revenueCents = 0;
    for (const order of ordersOf(shop, visit.country, acts)) {
      const day = dayOf(dateOf(acts.shownUs[order.step]!));
      const orderCents = addOrder(shop, day, order);
      buyerTally.addOrder(visit.visitor, day.date - firstDate, orderCents);
      revenueCents += orderCents;
    }
    return revenueCents;
  }

  function addUnreadable(acts: Acts): void {
    for (let step = 0; step < acts.count; step++) {
      unreadableNumbers.price += acts.priceCents[step] === PRICE_UNREADABLE ? 1 : 0;
      unreadableNumbers.quantity += acts.quantity[step] === QUANTITY_UNREADABLE ? 1 : 0;
    }
  }

  function addBot(acts: Acts): void {
    dayOf(dateOf(acts.shownUs[0]!)).bots.sessions++;
    for (let step = 0; step < acts.count; step++) {
      dayOf(dateOf(acts.shownUs[step]!)).bots.events++;
      ofBots[acts.type[step]!]!++;
    }
  }

  return {
    addVisit(visit, acts) {
      if (acts.count === 0) {
        return;
      }
      addUnreadable(acts);
      if (isLeftOut(visit)) {
        addBot(acts);
        return;
      }
      visitStamp++;
      const { visitor } = visit;
      const productCount = addActs(visit, acts);
      const revenueCents = addOrders(visit, acts);
      const date = dateOf(acts.shownUs[0]!);
      const lastDate = Math.floor(acts.shownUs[acts.count - 1]! / UTC_DAY_US);
      const day = dayOf(date);
      const sessionNumber = ++visits[visitor]!;
      byNumber[sessionNumber - 1] = (byNumber[sessionNumber - 1] ?? 0) + 1;
      if (lastSessionDate[visitor] !== date - firstDate) {
        lastSessionDate[visitor] = date - firstDate;
        trafficSeen[visitor] = 0;
        day.visitors++;
      }
      if (sessionNumber === 1) {
        firstSeen[visitor] = date - firstDate;
      }
      lastSeen[visitor] = Math.max(lastSeen[visitor]!, lastDate - firstDate);
      const traffic = trafficOf(acts);
      const firstCounter = traffic * CHANNEL_COUNTERS;
      const orders = addSession(shop, day, visit, acts, firstCounter);
      day.channels[firstCounter + CHANNEL.revenueCents]! += revenueCents;
      if ((trafficSeen[visitor]! & (1 << traffic)) === 0) {
        trafficSeen[visitor]! |= 1 << traffic;
        day.channels[firstCounter + CHANNEL.visitors]!++;
      }
      cohorts.addSession(visitor, { date, traffic, orders, revenueCents });
      day.totals.revenueCents += revenueCents;
      day.totals.productCount += productCount;
      day.totals.sessionNumber += sessionNumber;
      day.totals.maxSessionNumber = Math.max(day.totals.maxSessionNumber, sessionNumber);
      if (orders > 0 && isBuyer[visitor] === 0) {
        isBuyer[visitor] = 1;
        buyers++;
      }
    },

    addRefund({ order, orderedUs, visit, acts, product, cents }) {
      const orderDate = dateOf(orderedUs);
      const refundedCents = shop.currencies.convert(order.currency, cents, orderDate);
      const day = dayOf(dateOf(acts.shownUs[0]!));
      dayOf(orderDate).placed.refundedCents += refundedCents;
      buyerTally.addRefund(visit.visitor, refundedCents);
      day.refundedCents += refundedCents;
      day.byType[TYPE.refund]! += acts.count;
      day.eventCount[cellOf(shop, TYPE.refund, shop.deviceCount, shop.countryCount)]! += acts.count;
      if (product !== NO_PRODUCT) {
        day.productEvents[product]! += acts.count;
      }
    },

    closeDaysBefore(date) {
      const dates = [...open.keys()].filter((openDate) => openDate < date).sort((a, b) => a - b);
      return dates.map((closed) => {
        const day = open.get(closed)!;
        open.delete(closed);
        addSessionTotals(totals, day.totals);
        day.byType.forEach((count, type) => {
          byType[type]! += count;
        });
        return renderDay(shop, day);
      });
    },

    totals() {
      const bySessionCount = byNumber.map((count, index) => count - (byNumber[index + 1] ?? 0));
      return {
        sessions: { ...totals, byNumber },
        users: {
          users: byNumber[0] ?? 0,
          buyers,
          sessionCount: totals.sessions,
          eventCount: totals.eventCount,
          orderCount: totals.orderCount,
          revenueCents: totals.revenueCents,
          bySessionCount,
          firstSeen: countDates(firstSeen, visits, firstDate),
          lastSeen: countDates(lastSeen, visits, firstDate),
        },
        cohorts: cohorts.rows(),
        rfm: buyerTally.rows(),
        events: {
          events: [...byType, ...ofBots].reduce((sum, count) => sum + count, 0),
          byType: Object.fromEntries(
            EVENT_TYPES.map((name, type) => [name, byType[type]! + ofBots[type]!]),
          ) as Truth['events']['byType'],
          unreadableNumbers,
        },
      };
    },
  };
}

/** Counts an order; answers what it adds to the revenue. All amounts are in the shop's currency. */
function addOrder(shop: Shop, day: DayTruth, order: OrderTruth): number {
  const { placed } = day;
  const { currency, amounts } = order;
  const convert = (cents = 0) => shop.currencies.convert(currency, cents, day.date);
  const prices = shop.currencies.priceCents[currency]!;
  const revenueCents = convert(order.revenueCents);
  placed.orders++;
  placed.lines += order.quantities.size;
  placed.deliveries += order.deliveries;
  placed.revenueCents += revenueCents;
  placed.taxCents += convert(amounts?.taxCents);
  placed.shippingCents += convert(amounts?.shippingCents);
  placed.discountCents += convert(amounts?.discountCents);
  for (const [product, quantity] of order.quantities) {
    placed.quantity += quantity;
    day.orders[product]! += 1;
    day.quantity[product]! += quantity;
    day.productRevenueCents[product]! += convert(prices[product]! * quantity);
  }
  return revenueCents;
}

/** A crawler's visit that says so: lakes leave it out. */
export function isLeftOut({ sender }: Visit): boolean {
  const said = SENDER.hasUserAgent | SENDER.isRobot;
  return (sender & said) === said;
}

function addProduct(day: DayTruth, type: number, product: number): void {
  if (type === TYPE.productView) {
    day.views[product]!++;
  } else if (type === TYPE.addToCart) {
    day.addToCarts[product]!++;
  }
}

/** Counts the visit as a session of the day it begins on; answers how many orders it has. */
function addSession(
  shop: Shop,
  day: DayTruth,
  visit: Visit,
  acts: Acts,
  firstCounter: number,
): number {
  const { totals, channels } = day;
  let pages = 0;
  let views = 0;
  let adds = 0;
  let purchases = 0;
  let orders = 0;
  // Acts are in the order of time, and only the lines of an order share an instant.
  let funnelStep = 0;
  for (let step = 0; step < acts.count; step++) {
    switch (acts.type[step]) {
      case TYPE.pageView:
        pages++;
        break;
      case TYPE.productView:
        views++;
        funnelStep = Math.max(funnelStep, 1);
        break;
      case TYPE.addToCart:
        adds++;
        funnelStep = funnelStep === 1 ? 2 : funnelStep;
        break;
      case TYPE.checkout:
        totals.checkoutCount++;
        funnelStep = funnelStep === 2 ? 3 : funnelStep;
        break;
      case TYPE.purchase:
        purchases++;
        orders += acts.orderStep[step] === step ? 1 : 0;
        funnelStep = funnelStep === 3 ? 4 : funnelStep;
        break;
    }
  }
  // Each end is cut to nothing; the difference is cut to whole milliseconds.
  const durationUs = acts.shownUs[acts.count - 1]! - acts.shownUs[0]!;
  const durationMs = Math.floor(durationUs / 1_000);
  totals.sessions++;
  totals.eventCount += acts.count;
  totals.pageViewCount += pages;
  totals.productViewCount += views;
  totals.addToCartCount += adds;
  totals.purchaseCount += purchases;
  totals.orderCount += orders;
  totals.durationMs += durationMs;
  totals.longestMs = Math.max(totals.longestMs, durationMs);
  const isEngaged = durationUs > 10_000_000 || purchases > 0 || pages + views >= 2;
  totals.bounces += acts.count === 1 ? 1 : 0;
  totals.engaged += isEngaged ? 1 : 0;
  totals.withProductView += views > 0 ? 1 : 0;
  totals.withAddToCart += adds > 0 ? 1 : 0;
  totals.withPurchase += purchases > 0 ? 1 : 0;
  totals.abandoned += adds > 0 && purchases === 0 ? 1 : 0;
  totals.byFunnelStep[funnelStep]!++;
  day.sessionsWithCartAndPurchase += adds > 0 && purchases > 0 ? 1 : 0;
  const first = (acts.device[0]! * (shop.countryCount + 1) + visit.country) * FUNNEL_COUNTERS;
  for (let reached = 0; reached <= funnelStep; reached++) {
    day.funnel[first + reached]!++;
  }
  channels[firstCounter + CHANNEL.sessions]!++;
  channels[firstCounter + CHANNEL.bounces]! += acts.count === 1 ? 1 : 0;
  channels[firstCounter + CHANNEL.engaged]! += isEngaged ? 1 : 0;
  channels[firstCounter + CHANNEL.withPurchase]! += purchases > 0 ? 1 : 0;
  channels[firstCounter + CHANNEL.orders]! += orders;
  return orders;
}

/** Visitors with a visit by the date held for each. */
function countDates(
  dates: Int16Array,
  visits: Uint32Array,
  firstDate: number,
): Record<string, number> {
  const counts = new Map<number, number>();
  dates.forEach((date, visitor) => {
    if (visits[visitor]! > 0) {
      counts.set(date, (counts.get(date) ?? 0) + 1);
    }
  });
  const ascending = [...counts].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    ascending.map(([date, count]) => [formatDate(firstDate + date), count]),
  );
}
