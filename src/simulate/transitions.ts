/**
 * What visitors do next: the shop's funnel as a table of probabilities.
 *
 * The numbers are set so that the defaults land near published figures (docs/simulator.md). Devices
 * and countries change the chance to put a product in the cart and to finish a checkout, each by the
 * square root of their conversion factors, so that buying changes by the whole factor.
 */

/** Where a visitor is: after which act, or just arrived. */
export const STATE = {
  landed: 0,
  landedOnProduct: 1,
  browsing: 2,
  onProduct: 3,
  onProductWithCart: 4,
  addedToCart: 5,
  inCart: 6,
  removedFromCart: 7,
  inCheckout: 8,
  purchased: 9,
} as const;
const STATE_COUNT = 10;

/** What a visitor can do next; the last, leaving, takes what probability is left. */
export const MOVE = {
  openList: 0,
  search: 1,
  viewProduct: 2,
  addToCart: 3,
  openCart: 4,
  removeFromCart: 5,
  startCheckout: 6,
  purchase: 7,
  leave: 8,
} as const;
const MOVE_COUNT = 8;

type Moves = Partial<Record<Exclude<keyof typeof MOVE, 'leave'>, number>>;

const BASE: Record<keyof typeof STATE, Moves> = {
  landed: { openList: 0.2, search: 0.1, viewProduct: 0.38 },
  landedOnProduct: { openList: 0.18, search: 0.05, viewProduct: 0.3, addToCart: 0.043 },
  browsing: { openList: 0.2, search: 0.09, viewProduct: 0.55 },
  onProduct: {
    openList: 0.26,
    search: 0.09,
    viewProduct: 0.33,
    addToCart: 0.052,
    startCheckout: 0.001,
  },
  onProductWithCart: {
    openList: 0.2,
    search: 0.06,
    viewProduct: 0.24,
    addToCart: 0.42,
    openCart: 0.06,
  },
  addedToCart: {
    openList: 0.17,
    viewProduct: 0.44,
    openCart: 0.17,
    removeFromCart: 0.03,
    startCheckout: 0.13,
  },
  inCart: { openList: 0.1, viewProduct: 0.18, removeFromCart: 0.1, startCheckout: 0.42 },
  removedFromCart: { openList: 0.2, viewProduct: 0.35 },
  inCheckout: { viewProduct: 0.04, openCart: 0.06, purchase: 0.61 },
  purchased: { openList: 0.12, viewProduct: 0.06 },
};

/** Where the chance to buy is decided: what follows is much the same for all. */
const DECIDING_STATES = new Set<keyof typeof STATE>(['landedOnProduct', 'onProduct', 'inCheckout']);

/** No factor makes a move more likely than this. */
const MAX_PROBABILITY = 0.85;

/**
 * For each pair of device and country (row `device * countries + country`), each state and each move
 * but leaving: the random number, 0 to 2^32, below which this move or an earlier one is made.
 */
export function tabulateTransitions(
  deviceFactors: readonly number[],
  countryFactors: readonly number[],
): Float64Array {
  const pairs = deviceFactors.length * countryFactors.length;
  const table = new Float64Array(pairs * STATE_COUNT * MOVE_COUNT);
  let at = 0;
  for (const deviceFactor of deviceFactors) {
    for (const countryFactor of countryFactors) {
      const factor = Math.sqrt(deviceFactor * countryFactor);
      for (const state of Object.keys(STATE) as (keyof typeof STATE)[]) {
        const isDeciding = DECIDING_STATES.has(state);
        for (const limit of limitsOf(BASE[state], isDeciding ? factor : 1)) {
          table[at++] = limit;
        }
      }
    }
  }
  return table;
}

/** The move out of a state that a random number of 0 to 2^32 - 1 stands for. */
export function nextMove(table: Float64Array, row: number, state: number, random: number): number {
  const first = (row * STATE_COUNT + state) * MOVE_COUNT;
  let move = 0;
  while (move < MOVE_COUNT && random >= table[first + move]!) {
    move++;
  }
  return move;
}

function limitsOf(moves: Moves, factor: number): number[] {
  const names = (Object.keys(MOVE) as (keyof typeof MOVE)[]).slice(0, MOVE_COUNT);
  const chances = names.map((name) => {
    const base = name === 'leave' ? 0 : (moves[name] ?? 0);
    const isBuying = name === 'addToCart' || name === 'purchase';
    return isBuying ? Math.min(base * factor, MAX_PROBABILITY) : base;
  });
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  const scale = total > 1 ? 1 / total : 1;
  let sum = 0;
  return chances.map((chance) => {
    sum += chance * scale;
    return sum * 4294967296;
  });
}
