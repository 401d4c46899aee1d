/** One visit: what the visitor does, step by step. Nothing that happens later on the way is here. */

import { CATEGORIES } from './catalogue.ts';
import {
  NO_ORDER,
  NO_PRODUCT,
  PAGE,
  PRICE_NONE,
  PRICE_UNREADABLE,
  pageOf,
  QUANTITY_OMITTED,
  QUANTITY_UNREADABLE,
  TYPE,
} from './events.ts';
import { draw, pick, threshold } from './hash.ts';
import { choose, logNormalTable, type QuantileTable, sampleQuantile } from './numeric.ts';
import { HOUR_MS } from './options.ts';
import type { Shop } from './shop.ts';
import { MOVE, nextMove, STATE } from './transitions.ts';
import { CAMPAIGNS, EXTERNAL_SITES, SEARCH_TERMS } from './vocabulary.ts';

/** A visit about to begin. */
export interface Visit {
  visitor: number;
  /** Distinguishes the visitor's visits: the day's number times 64, plus the how-manieth of the day. */
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
}

/** No visit has more steps. */
export const MAX_STEPS = 400;
const MAX_HUMAN_STEPS = 200;
const MAX_CART = 12;
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
  /** 1 when somebody else's account has been logged in meanwhile. */
  isOtherAccount: Uint8Array;
}

export function createActs(): Acts {
  return {
    count: 0,
    type: new Uint8Array(MAX_STEPS),
    trueMs: new Float64Array(MAX_STEPS),
    shownUs: new Float64Array(MAX_STEPS),
    product: new Int32Array(MAX_STEPS),
    priceCents: new Int32Array(MAX_STEPS),
    quantity: new Uint8Array(MAX_STEPS),
    page: new Int32Array(MAX_STEPS),
    referrer: new Int32Array(MAX_STEPS),
    orderStep: new Int16Array(MAX_STEPS),
    device: new Uint8Array(MAX_STEPS),
    isOtherAccount: new Uint8Array(MAX_STEPS),
  };
}

/** What random numbers of a step are for. */
const FOR_MOVE = 0;
const FOR_TIME = 1;
const FOR_PRODUCT = 2;
const FOR_CHOICE = 4;
const FOR_QUANTITY = 5;
const FOR_CLOCK = 6;
const FOR_LINES = 7;
const DRAWS_PER_STEP = 8;
/** Numbers for the visit as a whole come after those of all steps. */
const FOR_VISIT = DRAWS_PER_STEP * (MAX_STEPS + 1);

const THINK_MS: Record<'browse' | 'cart' | 'checkout' | 'purchase' | 'robot', QuantileTable> = {
  browse: logNormalTable(24_000, 1.1, 1_740_000),
  cart: logNormalTable(18_000, 0.9, 1_740_000),
  checkout: logNormalTable(25_000, 0.8, 1_740_000),
  purchase: logNormalTable(75_000, 0.7, 1_740_000),
  robot: logNormalTable(1_500, 0.5, 60_000),
};
const THINK_OF_MOVE: readonly QuantileTable[] = [
  THINK_MS.browse,
  THINK_MS.browse,
  THINK_MS.browse,
  THINK_MS.cart,
  THINK_MS.cart,
  THINK_MS.cart,
  THINK_MS.checkout,
  THINK_MS.purchase,
];

/** Visits that begin with the cart somebody filled in an earlier visit. */
const SAVED_CART = threshold(0.004);
/** What visits begin with: the first that the random number is below. */
const LANDING = {
  onProduct: threshold(0.24),
  onSearch: threshold(0.3),
  onList: threshold(0.48),
  onCampaign: threshold(0.68),
};
/** Views of a product seen before in the same visit. */
const LOOK_AGAIN = threshold(0.12);
/** Orders that come without the quantity of a product bought once. */
const NO_QUANTITY = threshold(0.04);

/** The cart of the visit under way; at most one visit is under way at a time. */
const cart = new Int32Array(MAX_CART);
const cartQuantity = new Uint8Array(MAX_CART);

/** Fills `acts` with the visit; it has at least one act unless it begins after its end. */
export function walkVisit(shop: Shop, visit: Visit, acts: Acts): void {
  acts.count = 0;
  if (visit.isRobot) {
    walkRobot(shop, visit, acts);
  } else {
    walkHuman(shop, visit, acts);
  }
}

function walkHuman(shop: Shop, visit: Visit, acts: Acts): void {
  const { keyA, keyB } = visit;
  const row = visit.device * (shop.countryCount + 1) + visit.country;
  let cartCount = 0;
  let atMs = visit.startMs;
  let state: number = land(shop, visit, acts);
  if (state === STATE.inCart) {
    cart[0] = chooseProduct(shop, visit, acts, 0);
    cartQuantity[0] = 1;
    cartCount = 1;
  }
  let step = 0;
  // An act that was not added was too late, and so is everything after it.
  while (acts.count > step && acts.count < MAX_HUMAN_STEPS) {
    step = acts.count;
    const base = step * DRAWS_PER_STEP;
    const move = nextMove(shop.transitions, row, state, draw(keyA, keyB, base + FOR_MOVE));
    if (move === MOVE.leave || (cartCount === 0 && needsCart(move, acts))) {
      break;
    }
    atMs +=
      250 + Math.floor(sampleQuantile(THINK_OF_MOVE[move]!, draw(keyA, keyB, base + FOR_TIME)));
    switch (move) {
      case MOVE.openList: {
        const category = pick(draw(keyA, keyB, base + FOR_CHOICE), CATEGORIES.length);
        addAct(acts, visit, atMs, TYPE.pageView, pageOf(PAGE.list, category));
        state = STATE.browsing;
        break;
      }
      case MOVE.search: {
        const term = pick(draw(keyA, keyB, base + FOR_CHOICE), SEARCH_TERMS.length);
        addAct(acts, visit, atMs, TYPE.search, pageOf(PAGE.search, term));
        state = STATE.browsing;
        break;
      }
      case MOVE.viewProduct: {
        const product = chooseProduct(shop, visit, acts, acts.count);
        addProductAct(shop, acts, visit, atMs, TYPE.productView, product, QUANTITY_OMITTED);
        state = cartCount > 0 ? STATE.onProductWithCart : STATE.onProduct;
        break;
      }
      case MOVE.addToCart: {
        const product = acts.product[acts.count - 1]!;
        const quantity = drawQuantity(draw(keyA, keyB, base + FOR_QUANTITY));
        addProductAct(shop, acts, visit, atMs, TYPE.addToCart, product, quantity);
        if (cartCount < MAX_CART) {
          cart[cartCount] = product;
          cartQuantity[cartCount++] = quantity;
        }
        state = STATE.addedToCart;
        break;
      }
      case MOVE.openCart:
        addAct(acts, visit, atMs, TYPE.pageView, pageOf(PAGE.cart, 0));
        state = STATE.inCart;
        break;
      case MOVE.removeFromCart: {
        const line = pick(draw(keyA, keyB, base + FOR_CHOICE), cartCount);
        const removed = TYPE.removeFromCart;
        addProductAct(shop, acts, visit, atMs, removed, cart[line]!, cartQuantity[line]!);
        cartCount--;
        cart[line] = cart[cartCount]!;
        cartQuantity[line] = cartQuantity[cartCount]!;
        state = STATE.removedFromCart;
        break;
      }
      case MOVE.startCheckout:
        if (cartCount === 0) {
          // Bought straight from the product's page.
          cart[0] = acts.product[acts.count - 1]!;
          cartQuantity[0] = 1;
          cartCount = 1;
        }
        addAct(acts, visit, atMs, TYPE.checkout, pageOf(PAGE.checkout, 0));
        state = STATE.inCheckout;
        break;
      default:
        buyCart(shop, acts, visit, atMs, cartCount);
        cartCount = 0;
        state = STATE.purchased;
    }
  }
}

/** Nothing can be removed from an empty cart; only from a product's page can one buy without. */
function needsCart(move: number, acts: Acts): boolean {
  return (
    move === MOVE.removeFromCart ||
    move === MOVE.purchase ||
    (move === MOVE.startCheckout && acts.type[acts.count - 1] !== TYPE.productView)
  );
}

/** The first act of a visit; answers the state after it. */
function land(shop: Shop, visit: Visit, acts: Acts): number {
  const { keyA, keyB, startMs } = visit;
  const random = draw(keyA, keyB, FOR_VISIT);
  const choice = draw(keyA, keyB, FOR_VISIT + 1);
  const referrer = pageOf(
    PAGE.external,
    pick(draw(keyA, keyB, FOR_VISIT + 2), EXTERNAL_SITES.length),
  );
  let state: number = STATE.landed;
  if (draw(keyA, keyB, FOR_VISIT + 3) < SAVED_CART) {
    addAct(acts, visit, startMs, TYPE.pageView, pageOf(PAGE.cart, 0));
    state = STATE.inCart;
  } else if (random < LANDING.onProduct) {
    const product = chooseProduct(shop, visit, acts, 0);
    addProductAct(shop, acts, visit, startMs, TYPE.productView, product, QUANTITY_OMITTED);
    state = STATE.landedOnProduct;
  } else if (random < LANDING.onSearch) {
    addAct(
      acts,
      visit,
      startMs,
      TYPE.search,
      pageOf(PAGE.search, pick(choice, SEARCH_TERMS.length)),
    );
  } else if (random < LANDING.onList) {
    addAct(acts, visit, startMs, TYPE.pageView, pageOf(PAGE.list, pick(choice, CATEGORIES.length)));
  } else if (random < LANDING.onCampaign) {
    addAct(
      acts,
      visit,
      startMs,
      TYPE.pageView,
      pageOf(PAGE.campaign, pick(choice, CAMPAIGNS.length)),
    );
  } else {
    addAct(acts, visit, startMs, TYPE.pageView, pageOf(PAGE.home, 0));
  }
  acts.referrer[0] = referrer;
  return state;
}

/** One purchase per line of the cart, all of one order and at one time. */
function buyCart(shop: Shop, acts: Acts, visit: Visit, atMs: number, cartCount: number): void {
  const orderStep = acts.count;
  for (let line = 0; line < cartCount && acts.count < MAX_HUMAN_STEPS; line++) {
    const step = acts.count;
    const isUntold =
      cartQuantity[line] === 1 &&
      draw(visit.keyA, visit.keyB, step * DRAWS_PER_STEP + FOR_LINES) < NO_QUANTITY;
    const quantity = isUntold ? QUANTITY_OMITTED : cartQuantity[line]!;
    addProductAct(shop, acts, visit, atMs, TYPE.purchase, cart[line]!, quantity);
    if (acts.count > step) {
      acts.page[step] = pageOf(PAGE.thanks, 0);
      acts.referrer[step] = pageOf(PAGE.checkout, 0);
      acts.orderStep[step] = orderStep;
    }
  }
}

/** Robots read product after product, with a list now and then, and buy nothing. */
function walkRobot(shop: Shop, visit: Visit, acts: Acts): void {
  const { keyA, keyB } = visit;
  // 60 to 240: see ROBOT_VISIT_EVENTS.
  const wanted = 60 + pick(draw(keyA, keyB, FOR_VISIT), 181);
  let atMs = visit.startMs;
  for (let step = 0; step < wanted && acts.count === step; step++) {
    const base = step * DRAWS_PER_STEP;
    if (draw(keyA, keyB, base + FOR_MOVE) < threshold(0.12)) {
      const category = pick(draw(keyA, keyB, base + FOR_CHOICE), CATEGORIES.length);
      addAct(acts, visit, atMs, TYPE.pageView, pageOf(PAGE.list, category));
    } else {
      const product = pick(draw(keyA, keyB, base + FOR_PRODUCT), shop.catalogue.count);
      addProductAct(shop, acts, visit, atMs, TYPE.productView, product, QUANTITY_OMITTED);
    }
    atMs += 150 + Math.floor(sampleQuantile(THINK_MS.robot, draw(keyA, keyB, base + FOR_TIME)));
  }
}

/** A product by popularity, or now and then one the visitor has just looked at. */
function chooseProduct(shop: Shop, visit: Visit, acts: Acts, step: number): number {
  const { keyA, keyB } = visit;
  const base = step * DRAWS_PER_STEP;
  if (step > 1 && draw(keyA, keyB, base + FOR_CHOICE) < LOOK_AGAIN) {
    const seen = acts.product[pick(draw(keyA, keyB, base + FOR_PRODUCT), step)]!;
    if (seen !== NO_PRODUCT) {
      return seen;
    }
  }
  return choose(
    shop.catalogue.popularity,
    draw(keyA, keyB, base + FOR_PRODUCT),
    draw(keyA, keyB, base + FOR_PRODUCT + 1),
  );
}

function drawQuantity(random: number): number {
  return random < threshold(0.86) ? 1 : random < threshold(0.96) ? 2 : 3;
}

function addProductAct(
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
  acts.priceCents[step] = shop.catalogue.priceCents[product]!;
  acts.quantity[step] = quantity;
}

/** Adds an act, unless its time is past the visit's end: then the visit is over. */
function addAct(acts: Acts, visit: Visit, atMs: number, type: number, page: number): void {
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
  acts.count = step + 1;
}

/** The lines of an order share their time, so they share its microseconds too. */
function microseconds(visit: Visit, type: number, step: number): number {
  if (!visit.countsMicroseconds || type === TYPE.purchase) {
    return 0;
  }
  return pick(draw(visit.keyA, visit.keyB, step * DRAWS_PER_STEP + FOR_CLOCK), 1_000);
}

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
    if (draw(keyB, keyA, step) < limit) {
      if (type === TYPE.productView) {
        acts.priceCents[step] = PRICE_UNREADABLE;
      } else if (type === TYPE.addToCart) {
        acts.quantity[step] = QUANTITY_UNREADABLE;
      } else if (type === TYPE.purchase) {
        acts.quantity[step] = QUANTITY_UNREADABLE;
      }
    }
  }
}
