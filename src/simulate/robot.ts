/** A robot's visit: it reads and buys nothing. */
import {
  type Acts,
  addAct,
  addProductAct,
  DRAWS_PER_STEP,
  FOR,
  FOR_VISIT,
  type Visit,
} from './acts.ts';
import { CATEGORIES } from './catalogue.ts';
import { PAGE, pageOf, QUANTITY_OMITTED, TYPE } from './events.ts';
import { draw, pick, threshold } from './hash.ts';
import { logNormalTable, sampleQuantile } from './numeric.ts';
import type { Shop } from './shop.ts';

const PAUSE_MS = logNormalTable(1_500, 0.5, 60_000);
const LIST = threshold(0.12);

/** Robots read product after product, with a list now and then, and buy nothing. */
export function walkRobot(shop: Shop, visit: Visit, acts: Acts): void {
  const { keyA, keyB } = visit;
  // 60 to 240: see ROBOT_VISIT_EVENTS.
  const wanted = 60 + pick(draw(keyA, keyB, FOR_VISIT), 181);
  let atMs = visit.startMs;
  for (let step = 0; step < wanted && acts.count === step; step++) {
    const base = step * DRAWS_PER_STEP;
    if (draw(keyA, keyB, base + FOR.move) < LIST) {
      const category = pick(draw(keyA, keyB, base + FOR.choice), CATEGORIES.length);
      addAct(acts, visit, atMs, TYPE.pageView, pageOf(PAGE.list, category));
    } else {
      const product = pick(draw(keyA, keyB, base + FOR.product), shop.catalogue.count);
      addProductAct(shop, acts, visit, atMs, TYPE.productView, product, QUANTITY_OMITTED);
    }
    atMs += 150 + Math.floor(sampleQuantile(PAUSE_MS, draw(keyA, keyB, base + FOR.time)));
  }
}
