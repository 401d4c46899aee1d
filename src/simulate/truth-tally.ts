/**
 * Counts the truth from the acts of visit after visit.
 *
 * It follows the definitions of the Gold tables in another way than the pipeline does: visit by visit,
 * in the order in which the visits begin, with a few bytes of memory per visitor. Only the days still
 * open are held.
 */

import type { Acts, Visit } from './acts.ts';
import {
  addSessionTotals,
  cellOf,
  createDayTruth,
  createSessionTotals,
  type DayTruth,
  FUNNEL_COUNTERS,
  formatDate,
  renderDay,
} from './day-truth.ts';
import {
  EVENT_TYPES,
  NO_PRODUCT,
  PRICE_UNREADABLE,
  QUANTITY_OMITTED,
  QUANTITY_UNREADABLE,
  TYPE,
} from './events.ts';
import type { Shop } from './shop.ts';
import type { Truth, TruthDay } from './truth.ts';

const DAY_US = 86_400_000_000;

export interface TruthTally {
  /**
   * Counts a visit. A visitor's visits must come in the order in which they begin by the visitor's
   * clock, each must be shorter than a day.
   */
  addVisit(visit: Visit, acts: Acts): void;
  /** Closes and gives away the days before `date` (days since the epoch), ascending. */
  closeDaysBefore(date: number): TruthDay[];
  /** The totals over all visits; the days must have been closed. */
  totals(): Pick<Truth, 'sessions' | 'users' | 'events' | 'identity'>;
}

export function createTruthTally(shop: Shop, visitorCount: number, firstDate: number): TruthTally {
  const open = new Map<number, DayTruth>();
  const totals = createSessionTotals();
  const byNumber: number[] = [];
  const byType = new Float64Array(EVENT_TYPES.length);
  const unreadableNumbers = { price: 0, quantity: 0 };
  let buyers = 0;

  // Per visitor.
  const visits = new Uint32Array(visitorCount);
  const isBuyer = new Uint8Array(visitorCount);
  const lastSessionDate = new Int16Array(visitorCount).fill(-1);
  const firstSeen = new Int16Array(visitorCount);
  const lastSeen = new Int16Array(visitorCount);
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

  /** Counts the acts of a visit day by day; answers the visit's revenue and distinct products. */
  function addActs(visit: Visit, acts: Acts): { revenueCents: number; productCount: number } {
    const { country } = visit;
    let day: DayTruth | undefined;
    let nextMidnightUs = 0;
    let revenueCents = 0;
    let productCount = 0;
    for (let step = 0; step < acts.count; step++) {
      if (day === undefined || acts.shownUs[step]! >= nextMidnightUs) {
        const date = Math.floor(acts.shownUs[step]! / DAY_US);
        day = dayOf(date);
        nextMidnightUs = (date + 1) * DAY_US;
      }
      const type = acts.type[step]!;
      const device = acts.device[step]!;
      const cell = cellOf(shop, type, device, country);
      day.byType[type]!++;
      day.placedOrders += type === TYPE.purchase && acts.orderStep[step] === step ? 1 : 0;
      day.eventCount[cell]!++;
      const product = acts.product[step]!;
      if (product !== NO_PRODUCT) {
        if (type === TYPE.purchase) {
          const paidCents = addSale(day, acts, step, product);
          revenueCents += paidCents;
          day.placedCents += paidCents;
        } else {
          addProduct(day, type, product);
        }
        day.productEvents[product]!++;
        if (distinctFor[product] !== visitStamp) {
          distinctFor[product] = visitStamp;
          productCount++;
        }
        if (acts.priceCents[step] === PRICE_UNREADABLE) {
          unreadableNumbers.price++;
        }
        if (acts.quantity[step] === QUANTITY_UNREADABLE) {
          unreadableNumbers.quantity++;
        }
      }
    }
    return { revenueCents, productCount };
  }

  return {
    addVisit(visit, acts) {
      if (acts.count === 0) {
        return;
      }
      visitStamp++;
      const { visitor } = visit;
      const { revenueCents, productCount } = addActs(visit, acts);
      const date = Math.floor(acts.shownUs[0]! / DAY_US);
      const lastDate = Math.floor(acts.shownUs[acts.count - 1]! / DAY_US);
      const day = dayOf(date);
      const sessionNumber = ++visits[visitor]!;
      byNumber[sessionNumber - 1] = (byNumber[sessionNumber - 1] ?? 0) + 1;
      if (lastSessionDate[visitor] !== date - firstDate) {
        lastSessionDate[visitor] = date - firstDate;
        day.visitors++;
      }
      if (sessionNumber === 1) {
        firstSeen[visitor] = date - firstDate;
      }
      lastSeen[visitor] = Math.max(lastSeen[visitor]!, lastDate - firstDate);
      const hasPurchase = addSession(shop, day, visit, acts);
      day.totals.revenueCents += revenueCents;
      day.totals.productCount += productCount;
      day.totals.sessionNumber += sessionNumber;
      day.totals.maxSessionNumber = Math.max(day.totals.maxSessionNumber, sessionNumber);
      if (hasPurchase && isBuyer[visitor] === 0) {
        isBuyer[visitor] = 1;
        buyers++;
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
        events: {
          events: byType.reduce((sum, count) => sum + count, 0),
          byType: Object.fromEntries(
            EVENT_TYPES.map((name, type) => [name, byType[type]!]),
          ) as Truth['events']['byType'],
          unreadableNumbers,
        },
      };
    },
  };
}

/**
 * Counts a line of an order; answers what it adds to the revenue: no quantity counts as one, no price as
 * nothing. An order has a product at one price once, with the largest of the quantities that are sent.
 */
function addSale(day: DayTruth, acts: Acts, step: number, product: number): number {
  let isKnown = false;
  let counted = 0;
  for (let line = acts.orderStep[step]!; line < step; line++) {
    if (acts.product[line] === product) {
      isKnown = true;
      if (acts.priceCents[line] === acts.priceCents[step]) {
        counted = Math.max(counted, quantityOf(acts, line));
      }
    }
  }
  const quantity = Math.max(quantityOf(acts, step) - counted, 0);
  const paidCents = Math.max(acts.priceCents[step]!, 0) * quantity;
  day.orders[product]! += isKnown ? 0 : 1;
  day.quantity[product]! += quantity;
  day.productRevenueCents[product]! += paidCents;
  return paidCents;
}

function quantityOf(acts: Acts, step: number): number {
  const sent = acts.quantity[step]!;
  return sent === QUANTITY_OMITTED || sent === QUANTITY_UNREADABLE ? 1 : sent;
}

function addProduct(day: DayTruth, type: number, product: number): void {
  if (type === TYPE.productView) {
    day.views[product]!++;
  } else if (type === TYPE.addToCart) {
    day.addToCarts[product]!++;
  }
}

/** Counts the visit as a session of the day it begins on; answers whether it has a purchase. */
function addSession(shop: Shop, day: DayTruth, visit: Visit, acts: Acts): boolean {
  const { totals } = day;
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
  const durationMs = Math.floor((acts.shownUs[acts.count - 1]! - acts.shownUs[0]!) / 1_000);
  totals.sessions++;
  totals.eventCount += acts.count;
  totals.pageViewCount += pages;
  totals.productViewCount += views;
  totals.addToCartCount += adds;
  totals.purchaseCount += purchases;
  totals.orderCount += orders;
  totals.durationMs += durationMs;
  totals.longestMs = Math.max(totals.longestMs, durationMs);
  totals.bounces += acts.count === 1 ? 1 : 0;
  totals.engaged += durationMs > 10_000 || purchases > 0 || pages + views >= 2 ? 1 : 0;
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
  return purchases > 0;
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
