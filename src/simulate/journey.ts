/** One visit: what the visitor does, step by step. Nothing that happens later on the way is here. */
import {
  type Acts,
  addAct,
  addProductAct,
  DRAWS_PER_STEP,
  FOR,
  FOR_VISIT,
  MAX_ITEMS,
  packItem,
  type Visit,
} from './acts.ts';
import { CATEGORIES } from './catalogue.ts';
import { NO_PRODUCT, PAGE, pageOf, QUANTITY_OMITTED, TYPE } from './events.ts';
import { deriveKey, draw, pick, threshold } from './hash.ts';
import { choose, logNormalTable, type QuantileTable, sampleQuantile } from './numeric.ts';
import { walkRobot } from './robot.ts';
import type { Shop } from './shop.ts';
import { MOVE, nextMove, STATE } from './transitions.ts';
import { CAMPAIGNS, EXTERNAL_SITES, SEARCH_TERMS } from './vocabulary.ts';

const MAX_HUMAN_STEPS = 200;
const MAX_CART = MAX_ITEMS;

const THINK_MS: Record<'browse' | 'cart' | 'checkout' | 'purchase', QuantileTable> = {
  browse: logNormalTable(24_000, 1.1, 1_740_000),
  cart: logNormalTable(18_000, 0.9, 1_740_000),
  checkout: logNormalTable(25_000, 0.8, 1_740_000),
  purchase: logNormalTable(75_000, 0.7, 1_740_000),
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
/** Of the pages loaded again, those loaded once more. */
const AND_AGAIN = threshold(0.25);
const RELOAD_MS = logNormalTable(20_000, 1.2, 1_200_000);

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
    const move = nextMove(shop.transitions, row, state, draw(keyA, keyB, base + FOR.move));
    if (move === MOVE.leave || (cartCount === 0 && needsCart(move, acts))) {
      break;
    }
    atMs +=
      250 + Math.floor(sampleQuantile(THINK_OF_MOVE[move]!, draw(keyA, keyB, base + FOR.time)));
    switch (move) {
      case MOVE.openList: {
        const category = pick(draw(keyA, keyB, base + FOR.choice), CATEGORIES.length);
        addAct(acts, visit, atMs, TYPE.pageView, pageOf(PAGE.list, category));
        state = STATE.browsing;
        break;
      }
      case MOVE.search: {
        const term = pick(draw(keyA, keyB, base + FOR.choice), SEARCH_TERMS.length);
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
        const quantity = drawQuantity(draw(keyA, keyB, base + FOR.quantity));
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
        const line = pick(draw(keyA, keyB, base + FOR.choice), cartCount);
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
        atMs = buyCart(shop, acts, visit, atMs, cartCount);
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

/** Answers the time of the last act: pages are loaded again now and then. */
function buyCart(shop: Shop, acts: Acts, visit: Visit, atMs: number, cartCount: number): number {
  const { form, reloads } = shop.profile.orders;
  const keyA = deriveKey(visit.keyA, 8);
  const keyB = deriveKey(visit.keyB, 8);
  const quantities = orderQuantities(visit, acts.count, cartCount);
  const orderStep = acts.count;
  let lastMs = atMs;
  for (let time = 0; acts.count < MAX_HUMAN_STEPS; time++) {
    if (form === 'items') {
      sendOrder(acts, visit, lastMs, orderStep, quantities);
    } else {
      sendLines(shop, acts, visit, lastMs, orderStep, quantities);
    }
    const random = (purpose: number) => draw(keyA, keyB, 8 * (orderStep + 512 * time) + purpose);
    if (random(0) >= (time === 0 ? threshold(reloads) : AND_AGAIN) || reloads === 0) {
      break;
    }
    lastMs += 1_000 + Math.floor(sampleQuantile(RELOAD_MS, random(1)));
  }
  return lastMs;
}

/** The quantities of the cart's lines as they are sent: that of a single piece is left out now and then. */
function orderQuantities(visit: Visit, orderStep: number, cartCount: number): Uint8Array {
  return cartQuantity.slice(0, cartCount).map((quantity, line) => {
    const step = orderStep + line;
    const random = draw(visit.keyA, visit.keyB, step * DRAWS_PER_STEP + FOR.lines);
    return quantity === 1 && random < NO_QUANTITY ? QUANTITY_OMITTED : quantity;
  });
}

/** One purchase per line of the cart, all of one order and at one time. */
function sendLines(
  shop: Shop,
  acts: Acts,
  visit: Visit,
  atMs: number,
  orderStep: number,
  quantities: Uint8Array,
): void {
  for (let line = 0; line < quantities.length && acts.count < MAX_HUMAN_STEPS; line++) {
    const step = acts.count;
    addProductAct(shop, acts, visit, atMs, TYPE.purchase, cart[line]!, quantities[line]!);
    markPurchase(acts, step, orderStep);
  }
}

/** One purchase for the whole cart. */
function sendOrder(
  acts: Acts,
  visit: Visit,
  atMs: number,
  orderStep: number,
  quantities: Uint8Array,
): void {
  const step = acts.count;
  addAct(acts, visit, atMs, TYPE.purchase, pageOf(PAGE.thanks, 0));
  if (markPurchase(acts, step, orderStep)) {
    quantities.forEach((quantity, line) => {
      acts.items[step * MAX_ITEMS + line] = packItem(cart[line]!, quantity);
    });
  }
}

/** Answers whether the act took place. */
function markPurchase(acts: Acts, step: number, orderStep: number): boolean {
  if (acts.count > step) {
    acts.page[step] = pageOf(PAGE.thanks, 0);
    acts.referrer[step] = pageOf(PAGE.checkout, 0);
    acts.orderStep[step] = orderStep;
  }
  return acts.count > step;
}

/** A product by popularity, or now and then one the visitor has just looked at. */
function chooseProduct(shop: Shop, visit: Visit, acts: Acts, step: number): number {
  const { keyA, keyB } = visit;
  const base = step * DRAWS_PER_STEP;
  if (step > 1 && draw(keyA, keyB, base + FOR.choice) < LOOK_AGAIN) {
    const seen = acts.product[pick(draw(keyA, keyB, base + FOR.product), step)]!;
    if (seen !== NO_PRODUCT) {
      return seen;
    }
  }
  return choose(
    shop.catalogue.popularity,
    draw(keyA, keyB, base + FOR.product),
    draw(keyA, keyB, base + FOR.product + 1),
  );
}

function drawQuantity(random: number): number {
  return random < threshold(0.86) ? 1 : random < threshold(0.96) ? 2 : 3;
}
