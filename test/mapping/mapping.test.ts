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
    ['items: an item list needs product_id', { from: 'products', price: 'price' }],
    ['items: an item list needs product_id', { from: 'products', product_id: 'ids[]' }],
    ['items: an item list needs product_id', {}],
    [
      'items: parallel arrays need one of product_id',
      { from: 'products', product_id: 'id', price: 'prices[]' },
    ],
    [
      'items.price: price names no array: end it with [], or say the list of items with from',
      { product_id: 'ids[]', price: 'price' },
    ],
    ['items.from: no path into a record: products[]', { from: 'products[]', product_id: 'id' }],
    ['items.from: no path into a record: a..b', { from: ['a', 'a..b'], product_id: 'id' }],
    ['items.price: no path into an item: a..b', { from: 'a', product_id: 'id', price: 'a..b' }],
    [
      'items.sku: no field of an item; there are product_id, product_name, category, brand, variant, price, quantity',
      { from: 'a', product_id: 'id', sku: 'sku' },
    ],
  ])('are told what is wrong: %s', (problem, items) => {
    expect(problemsOf({ items })).toEqual([problem]);
  });
});
