/**
 * The orders of a visit as Gold counts them: an order has a product once, with the largest quantity that one event
 * says, however often it is told of; amounts of the whole order are those of its first event.
 */
import { type Acts, MAX_ITEMS, productOfItem, quantityOfItem } from './acts.ts';
import { NO_PRODUCT, QUANTITY_OMITTED, QUANTITY_UNREADABLE, TYPE } from './events.ts';
import { type OrderAmounts, orderAmounts } from './order-amounts.ts';
import type { Shop } from './shop.ts';

export interface OrderTruth {
  /** Of its first event in the visit. */
  step: number;
  /** Pieces by product. */
  quantities: ReadonlyMap<number, number>;
  /** Purchase events that tell of it. */
  deliveries: number;
  /** Index of the currency of its amounts, which are in hundredths. */
  currency: number;
  revenueCents: number;
  /** Undefined: not sent. */
  amounts: OrderAmounts | undefined;
}

/** In the order of their first events. `country`: of the visit. */
export function ordersOf(shop: Shop, country: number, acts: Acts): OrderTruth[] {
  const orders: OrderTruth[] = [];
  for (let step = 0; step < acts.count; step++) {
    if (acts.type[step] === TYPE.purchase && acts.orderStep[step] === step) {
      orders.push(orderAt(shop, country, acts, step));
    }
  }
  return orders;
}

function orderAt(shop: Shop, country: number, acts: Acts, first: number): OrderTruth {
  const { currencies } = shop;
  const currency = currencies.ofCountry[country]!;
  const prices = currencies.priceCents[currency]!;
  const quantities = new Map<number, number>();
  let deliveries = 0;
  for (let step = first; step < acts.count; step++) {
    if (acts.orderStep[step] === first) {
      deliveries++;
      for (const [product, quantity] of linesOf(acts, step)) {
        quantities.set(product, Math.max(quantities.get(product) ?? 0, quantity));
      }
    }
  }
  const centsOf = (lines: ReadonlyMap<number, number>) =>
    [...lines].reduce((sum, [product, quantity]) => sum + prices[product]! * quantity, 0);
  const told = linesOf(acts, first);
  const lineCount = itemsOf(acts, first).length;
  const amounts =
    lineCount === 0
      ? undefined
      : orderAmounts(centsOf(told), lineCount, currencies.unitCents[currency]!);
  const revenueCents = amounts?.valueCents ?? centsOf(quantities);
  return { step: first, quantities, deliveries, currency, revenueCents, amounts };
}

/** The lines of an order that one event lists, as they were packed. */
export function itemsOf(acts: Acts, step: number): number[] {
  const from = step * MAX_ITEMS;
  return Array.from(acts.items.subarray(from, from + MAX_ITEMS)).filter((item) => item > 0);
}

/** Pieces by product that one event tells of; one that lists a product twice tells of both. */
function linesOf(acts: Acts, step: number): Map<number, number> {
  const lines = new Map<number, number>();
  const add = (product: number, quantity: number) =>
    lines.set(product, (lines.get(product) ?? 0) + piecesOf(quantity));
  for (const item of itemsOf(acts, step)) {
    add(productOfItem(item), quantityOfItem(item));
  }
  const product = acts.product[step]!;
  if (product !== NO_PRODUCT) {
    add(product, acts.quantity[step]!);
  }
  return lines;
}

/** No quantity counts as one, as one does that is no number. */
function piecesOf(sent: number): number {
  return sent === QUANTITY_OMITTED || sent === QUANTITY_UNREADABLE ? 1 : sent;
}
