/** Defects of a visit itself, before anything is sent. */
import { type Acts, FOR_VISIT, MAX_ITEMS, type Visit } from './acts.ts';
import { PRICE_UNREADABLE, QUANTITY_UNREADABLE, TYPE } from './events.ts';
import { draw, pick, threshold } from './hash.ts';
import type { Shop } from './shop.ts';

/** What may go wrong with a visit itself, as parts of the visits and of the acts. */
export interface Mishaps {
  mixedSessions: number;
  unreadableNumbers: number;
}

/**
 * Lets the account or the device change on the way, and a product's price or quantity be unreadable.
 * It changes what is true of the visit, so it comes before the truth is taken.
 */
export function applyMishaps(shop: Shop, visit: Visit, acts: Acts, mishaps: Mishaps): void {
  const { keyA, keyB } = visit;
  if (acts.count > 1 && draw(keyA, keyB, FOR_VISIT + 4) < threshold(mishaps.mixedSessions)) {
    const random = draw(keyA, keyB, FOR_VISIT + 5);
    const from = 1 + pick(draw(keyA, keyB, FOR_VISIT + 6), acts.count - 1);
    const device = pick(draw(keyA, keyB, FOR_VISIT + 7), shop.deviceCount);
    if (random < threshold(0.5)) {
      acts.isOtherAccount.fill(1, from, acts.count);
    } else {
      acts.device.fill(device, from, acts.count);
    }
  }
  if (mishaps.unreadableNumbers === 0) {
    return;
  }
  const limit = threshold(mishaps.unreadableNumbers);
  for (let step = 0; step < acts.count; step++) {
    const type = acts.type[step]!;
    const hasItems = acts.items[step * MAX_ITEMS]! > 0;
    if (!hasItems && draw(keyB, keyA, step) < limit) {
      if (type === TYPE.productView) {
        acts.priceCents[step] = PRICE_UNREADABLE;
      } else if (type === TYPE.addToCart || type === TYPE.purchase) {
        acts.quantity[step] = QUANTITY_UNREADABLE;
      }
    }
  }
}
