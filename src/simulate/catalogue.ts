/** The simulated shop's products: names, categories, prices and how popular each is. */
import { draw, pick } from './hash.ts';
import {
  exponential,
  logNormalTable,
  normalQuantile,
  prepareChoice,
  sampleQuantile,
  type WeightedChoice,
} from './numeric.ts';

export interface Catalogue {
  readonly count: number;
  readonly productIds: readonly string[];
  readonly names: readonly string[];
  /** Index into `CATEGORIES`. */
  readonly categories: Uint8Array;
  readonly priceCents: Int32Array;
  /** Products by their popularity. */
  readonly popularity: WeightedChoice;
}

/** Sigma of the log-normal popularity: a few products get most of the views. */
const POPULARITY_SIGMA = 1.9;

export const CATEGORIES = [
  {
    slug: 'kitchen',
    name: 'Küche & Haushalt',
    medianCents: 2_900,
    nouns: ['Kettle', 'Pan', 'Knife Set', 'Toaster', 'Carafe'],
  },
  {
    slug: 'garden',
    name: 'Garten',
    medianCents: 3_400,
    nouns: ['Rake', 'Planter', 'Hose', 'Lantern', 'Bench'],
  },
  {
    slug: 'electronics',
    name: 'Electronics',
    medianCents: 8_900,
    nouns: ['Headphones', 'Charger', 'Speaker', 'Keyboard', 'Webcam'],
  },
  {
    slug: 'fashion',
    name: 'Mode',
    medianCents: 3_900,
    nouns: ['Jacket', 'T-Shirt', 'Scarf', 'Sneaker', 'Belt'],
  },
  {
    slug: 'beauty',
    name: 'Beauté',
    medianCents: 1_600,
    nouns: ['Cream', 'Shampoo', 'Lip Balm', 'Brush', 'Mirror'],
  },
  {
    slug: 'sport',
    name: 'Sport',
    medianCents: 4_500,
    nouns: ['Yoga Mat', 'Dumbbell', 'Bottle', 'Racket', 'Backpack'],
  },
  {
    slug: 'toys',
    name: 'Spielzeug',
    medianCents: 2_200,
    nouns: ['Puzzle', 'Train', 'Kite', 'Board Game', 'Teddy Bear'],
  },
  {
    slug: 'books',
    name: 'Books',
    medianCents: 1_500,
    nouns: ['Novel', 'Atlas', 'Cookbook', 'Notebook', 'Calendar'],
  },
  {
    slug: 'furniture',
    name: 'Möbel',
    medianCents: 14_900,
    nouns: ['Chair', 'Desk', 'Shelf', 'Lamp', 'Rug'],
  },
  {
    slug: 'pets',
    name: 'Haustier',
    medianCents: 1_900,
    nouns: ['Dog Bed', 'Cat Tree', 'Leash', 'Aquarium', 'Feeder'],
  },
] as const;

const ADJECTIVES = [
  'Classic',
  'Nordic',
  'Compact',
  'Soft',
  'Bold',
  'Light',
  'Urban',
  'Vintage',
  'Pure',
  'Smart',
];
const COLOURS = [
  'Blue',
  'Grün',
  'Red',
  'Black',
  'White',
  'Amber',
  'Grey',
  'Rosé',
  'Sand',
  'Silver',
];

/** The same seed and size give the same catalogue. */
export function createCatalogue(seed: number, count: number): Catalogue {
  const prices = logNormalTable(1, 0.7, 40);
  const categories = new Uint8Array(count);
  const priceCents = new Int32Array(count);
  const weights = new Float64Array(count);
  const productIds: string[] = [];
  const names: string[] = [];
  for (let product = 0; product < count; product++) {
    const random = (purpose: number) => draw(seed, product, purpose);
    const category = pick(random(0), CATEGORIES.length);
    const { nouns, medianCents } = CATEGORIES[category]!;
    categories[product] = category;
    priceCents[product] = roundPrice(medianCents * sampleQuantile(prices, random(1)), random(2));
    weights[product] = exponential(
      POPULARITY_SIGMA * normalQuantile((random(3) + 0.5) / 4294967296),
    );
    productIds.push(String(1_000_003 + product * 17));
    names.push(
      [
        ADJECTIVES[pick(random(4), ADJECTIVES.length)],
        nouns[pick(random(5), nouns.length)],
        COLOURS[pick(random(6), COLOURS.length)],
      ].join(' '),
    );
  }
  return { count, productIds, names, categories, priceCents, popularity: prepareChoice(weights) };
}

/** Prices end the way shops like them to: .99 mostly, else .49 or .00. */
function roundPrice(cents: number, random: number): number {
  const ending = [99, 99, 99, 49, 0][pick(random, 5)]!;
  return Math.max(Math.floor(cents / 100) * 100 + ending, 99);
}
