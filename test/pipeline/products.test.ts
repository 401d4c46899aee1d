/** Names, categories and brands of products in gold_products: those that each date says last. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { deliver, expectSameAsRefresh, lakeOf, type Sent } from './gold-support.ts';
import { openTestLake, type SettingsChange } from './lake-support.ts';

/** What a record says of its product. */
interface Said {
  product_id: string;
  name?: string;
  category?: string;
  brand?: string;
}

const WITH_ITEMS: SettingsChange = (settings) => ({
  ...settings,
  sources: {
    test: {
      items: {
        from: 'items',
        product_id: 'product_id',
        product_name: 'name',
        category: 'category',
        brand: 'brand',
      },
    },
  },
});

const NAMES =
  'SELECT CAST(date AS STRING) AS date, product_id, product_name, category, brand, views FROM gold_products ORDER BY 1, 2';

function view(id: string, at: string, items: readonly Said[], more: object = {}): Sent {
  return { id, at, type: 'product_view', user: 'u', session: 's', items, ...more };
}

it('each is what the latest event of the date says that says one, whatever arrives last', async () => {
  await using lake = await lakeOf(
    [
      [
        view('1', '2026-01-05T12:00:00Z', [
          { product_id: 'p', name: 'Cup', category: 'Kitchen', brand: 'Acme' },
        ]),
        view('2', '2026-01-06T09:00:00Z', [{ product_id: 'p', name: 'Blue cup' }]),
      ],
      [
        view('3', '2026-01-05T11:00:00Z', [{ product_id: 'p', name: 'Earlier', brand: 'Other' }]),
        view('4', '2026-01-05T13:00:00Z', [{ product_id: 'p', category: 'Cups' }]),
        view('5', '2026-01-05T14:00:00Z', [{ product_id: 'q' }]),
      ],
    ],
    WITH_ITEMS,
  );
  expect(await lake.rows(NAMES)).toEqual([
    {
      ...{ date: '2026-01-05', product_id: 'p', product_name: 'Cup', category: 'Cups' },
      ...{ brand: 'Acme', views: 3 },
    },
    {
      ...{ date: '2026-01-05', product_id: 'q', product_name: null, category: null },
      ...{ brand: null, views: 1 },
    },
    {
      ...{ date: '2026-01-06', product_id: 'p', product_name: 'Blue cup', category: null },
      ...{ brand: null, views: 1 },
    },
  ]);
  await expectSameAsRefresh(lake);
});

it('a bot says the name of a product that others look at, and gives no product a row', async () => {
  const bot = { session: 'b', user: 'b', user_agent: 'Googlebot/2.1' };
  await using lake = await lakeOf(
    [
      [
        view('1', '2026-01-05T12:00:00Z', [{ product_id: 'p' }]),
        view('2', '2026-01-05T12:00:00Z', [{ product_id: 'p', name: 'Cup' }], bot),
        view('3', '2026-01-05T12:00:00Z', [{ product_id: 'q', name: 'Pot' }], bot),
      ],
    ],
    WITH_ITEMS,
  );
  expect(await lake.rows(NAMES)).toMatchObject([
    { product_id: 'p', product_name: 'Cup', views: 1 },
  ]);
  await expectSameAsRefresh(lake);
});

const said = fc.record(
  {
    product_id: fc.constantFrom('p', 'q'),
    name: fc.constantFrom('Cup', 'Pot', 'Éclair', '\u{1f375}', '｡'),
    category: fc.constantFrom('a', 'b'),
    brand: fc.constantFrom('x', 'X'),
  },
  { requiredKeys: ['product_id'] },
);
const sent = fc.record({
  day: fc.nat(2),
  minute: fc.nat(1),
  isBot: fc.boolean(),
  delivery: fc.nat(2),
  items: fc.array(said, { maxLength: 3 }),
});

it('any events in any deliveries come to what a full refresh and a recount say', async () => {
  const property = fc.asyncProperty(
    fc.array(sent, { minLength: 1, maxLength: 30 }),
    async (drawn) => {
      await using lake = await openTestLake({}, WITH_ITEMS);
      for (const delivery of [0, 1, 2]) {
        const events = drawn.flatMap((each, index) =>
          each.delivery === delivery
            ? view(`${index}`, `2026-01-0${5 + each.day}T12:0${each.minute}:00Z`, each.items, {
                ...(each.isBot ? { user_agent: 'Googlebot/2.1' } : {}),
                ...{ type: 'page_view' },
              })
            : [],
        );
        if (events.length > 0) {
          await deliver(lake, events);
        }
      }
      await expectSameAsRefresh(lake);
    },
  );
  await fc.assert(property, propertyRuns(4, 80));
});
