/** How many events a visit has on average, which says how many visits make so many events. */

import { createActs } from './acts.ts';
import { deriveKey, draw } from './hash.ts';
import { walkVisit } from './journey.ts';
import { choose } from './numeric.ts';
import type { Shop } from './shop.ts';
import { createVisit } from './visits.ts';

const SAMPLE_VISITS = 30_000;

/** Asked of some visits that do not take place; to about one in a hundred. */
export function estimateVisitEvents(shop: Shop): number {
  const acts = createActs();
  const visit = createVisit();
  let events = 0;
  for (let sample = 0; sample < SAMPLE_VISITS; sample++) {
    visit.keyA = deriveKey(shop.keyB, sample);
    visit.keyB = deriveKey(shop.keyA, sample);
    const random = (purpose: number) => draw(visit.keyB, visit.keyA, purpose);
    visit.device = choose(shop.deviceChoice, random(0), random(1));
    visit.country = choose(shop.countryChoice, random(2), random(3));
    walkVisit(shop, visit, acts);
    events += acts.count;
  }
  return events / SAMPLE_VISITS;
}
