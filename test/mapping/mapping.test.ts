import { describe, expect, it } from 'vitest';
import { type MappingText, readMapping } from '../../src/mapping/mapping.ts';

function problemsOf(text: MappingText): string[] {
  return readMapping(text, []).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the items of a mapping', () => {
  it.each<[string, NonNullable<MappingText['items']>]>([
    ['one list', { from: 'products', product_id: 'id' }],
    ['several lists', { from: ['cart.lines', 'product'], product_id: ['sku', 'id'], price: 'p' }],
    ['parallel arrays', { product_id: 'ids[]', price: ['prices[]', 'cart.prices[]'] }],
    ['both', { from: 'products', product_id: ['id', 'ids[]'], price: 'price', quantity: 'n[]' }],
  ])('may be %s', (_, items) => {
    expect(problemsOf({ items })).toEqual([]);
  });

  it.each<[string, NonNullable<MappingText['items']>]>([
    ['items: needs product_id, which identifies an item', { from: 'products', price: 'price' }],
    [
      'items: needs product_id, which identifies an item',
      { from: 'products', product_id: 'ids[]' },
    ],
    ['items: needs product_id, which identifies an item', {}],
    [
      'items: needs an array for product_id as well',
      { from: 'products', product_id: 'id', price: 'prices[]' },
    ],
    [
      'items.price: is not an array: price; end it with [], or name the list of items with from',
      { product_id: 'ids[]', price: 'price' },
    ],
    [
      'items.from: is not a path into a record: products[]',
      { from: 'products[]', product_id: 'id' },
    ],
    ['items.from: is not a path into a record: a..b', { from: ['a', 'a..b'], product_id: 'id' }],
    [
      'items.price: is not a path into an item: a..b',
      { from: 'a', product_id: 'id', price: 'a..b' },
    ],
    ['items.sku: is not a field of an item', { from: 'a', product_id: 'id', sku: 'sku' }],
  ])('are told what is wrong: %s', (problem, items) => {
    expect(problemsOf({ items })).toEqual([problem]);
  });
});

it('a type that a source names is not ignored because its preset ignores it', () => {
  const preset: MappingText = { ignore: ['page_ping', 'beat'] };
  const text: MappingText = { event_types: { ' Page_Ping': 'page_view' }, ignore: ['other'] };
  const { mapping, problems } = readMapping(text, [], preset);
  expect(problems).toEqual([]);
  expect([...mapping.ignored]).toEqual(['beat', 'other']);
});
