import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMapping } from '../../src/mapping/mapping.ts';
import { guessMapping } from '../../src/mapping/propose.ts';
import type { Json, JsonObject } from '../../src/mapping/propose-survey.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';

const KNOWN = new Map(
  ['page_view', 'product_view', 'search', 'add_to_cart', 'checkout', 'purchase'].map((name) => [
    name,
    name,
  ]),
).set('order completed', 'purchase');

const AT = '2026-01-05T10:00:00Z';

function guess(...records: JsonObject[]) {
  return guessMapping(records, KNOWN).mapping;
}

describe('the fields of records are told', () => {
  it('by their own names, where they have them', () => {
    const record = { event_id: '1', user_id: 'u', event_type: 'search', event_timestamp: AT };
    expect(guess(record)).toEqual({
      fields: {
        event_id: 'event_id',
        user_id: 'user_id',
        event_type: 'event_type',
        event_timestamp: 'event_timestamp',
      },
    });
  });

  it.each<[string, unknown, string]>([
    ['timestamp', AT, 'event_timestamp'],
    ['ts', 1_767_607_200_123, 'event_timestamp'],
    ['time', '1767607200', 'event_timestamp'],
    ['eventTime', '2026-01-05 10:00:00 UTC', 'event_timestamp'],
    ['created_at', AT, 'event_timestamp'],
    ['date', '2026-01-05 10:00:00', 'event_timestamp'],
    ['server_timestamp', AT, 'event_timestamp'],
    ['when', AT, 'event_timestamp'],
    ['at', AT, 'event_timestamp'],
    ['customer_id', 7, 'user_id'],
    ['Customer-ID', 'c', 'user_id'],
    ['client_id', 'c', 'anonymous_id'],
    ['visitor_id', 'c', 'anonymous_id'],
    ['distinct_id', 'c', 'anonymous_id'],
    ['anonymousId', 'c', 'anonymous_id'],
    ['user_pseudo_id', '1.2', 'anonymous_id'],
    ['sessionId', 's', 'session_id'],
    ['user_session', 's', 'session_id'],
    ['visit_id', 's', 'session_id'],
    ['event', 'purchase', 'event_type'],
    ['event_name', 'search', 'event_type'],
    ['action', 'purchase', 'event_type'],
    ['type', 'checkout', 'event_type'],
    ['sku', 'p', 'product_id'],
    ['item_id', 'p', 'product_id'],
    ['product', 'p', 'product_id'],
    ['transaction_id', 't', 'order_id'],
    ['customer_number', 'c', 'user_id'],
    ['customerNo', 'c', 'user_id'],
    ['cookie', 'c', 'anonymous_id'],
    ['client', 'c', 'anonymous_id'],
    ['sess', 's', 'session_id'],
    ['kind', 'purchase', 'event_type'],
    ['action_name', 'search', 'event_type'],
    ['cur', 'EUR', 'currency'],
    ['ref', 'https://search.example/', 'referrer'],
    ['revenue', 5.5, 'order_value'],
    ['value', '5.50', 'order_value'],
    ['order_total', 5, 'order_value'],
    ['total', 5, 'order_value'],
    ['qty', 2, 'quantity'],
    ['unit_price', '1.99', 'price'],
    ['currencyCode', 'EUR', 'currency'],
    ['url', 'https://shop.example/p', 'page_url'],
    ['referer', 'https://search.example/', 'referrer'],
    ['utm_source', 'news', 'campaign_source'],
  ])('%s: %j is %s', (key, value, field) => {
    const { fields } = guess({ [key]: value as string }, { [key]: value as string });
    expect(fields).toEqual({ [field]: key });
  });

  it('without texts that stand for no value, which the mapping names where they occur', () => {
    const records = [
      { order_id: '(none)', items: [{ sku: 'p' }, { sku: '(none)' }] },
      { order_id: '(none)' },
    ];
    expect(guessMapping(records, KNOWN, new Set(['(none)', '-'])).mapping).toEqual({
      fields: {},
      missing: ['(none)'],
      event_id: 'content',
      items: { from: 'items', product_id: 'sku' },
    });
    expect(guessMapping(records, KNOWN, new Set(['-'])).mapping.missing).toBeUndefined();
  });

  it('below other keys, by the names of both where one says little', () => {
    const { fields } = guess({
      meta: { id: 'e1', time: AT },
      user: { id: 'u', country: 'de', name: 'Ann' },
      session: { id: 's' },
      event: { type: 'purchase' },
      product: { id: 'p', name: 'Tea', price: 3 },
      device: { type: 'mobile', id: 'd' },
      context: { page: { url: 'https://shop.example/', referrer: '' } },
      properties: { order_id: 'o', total: 9 },
    });
    expect(fields).toEqual({
      event_id: 'meta.id',
      user_id: 'user.id',
      anonymous_id: 'device.id',
      session_id: 'session.id',
      event_type: 'event.type',
      product_id: 'product.id',
      device: 'device.type',
      country: 'user.country',
      event_timestamp: 'meta.time',
      page_url: 'context.page.url',
      order_id: 'properties.order_id',
      price: 'product.price',
      order_value: 'properties.total',
    });
  });

  it('below the keys of an account, a visitor and an order', () => {
    const { fields } = guess({
      account: { no: 'k' },
      visitor: { cookie: 'c' },
      order: { ref: 'A1', total: 9 },
      request: { cookie: 'a=b' },
    });
    expect(fields).toEqual({
      user_id: 'account.no',
      anonymous_id: 'visitor.cookie',
      order_id: 'order.ref',
      order_value: 'order.total',
    });
  });

  it('and not by names alone: values must look like those of the field', () => {
    const { mapping, unlike } = guessMapping(
      [{ date: '05.01.2026', price: 'cheap', url: 'home', country: 49, value: 'x' }],
      KNOWN,
    );
    expect(mapping.fields).toEqual({ country: [], price: [] });
    expect(unlike).toContainEqual({ field: 'event_timestamp', path: 'date', value: '05.01.2026' });
    expect(unlike).toContainEqual({ field: 'price', path: 'price', value: 'cheap' });
  });

  it('on several paths, where one fills what another leaves', () => {
    const { fields } = guess(
      { order_id: 'A1', revenue: 5, total: 6, timestamp: AT, received_at: AT },
      { transaction_id: 'T1', value: 7, timestamp: AT, received_at: AT },
    );
    expect(fields).toEqual({
      event_timestamp: 'timestamp',
      order_id: ['order_id', 'transaction_id'],
      order_value: ['revenue', 'value'],
    });
  });

  it('by odd keys, quoted', () => {
    expect(guess({ 'user.id': 'u' }, { 'user.id': 'v' }).fields).toEqual({
      user_id: '["user.id"]',
    });
  });

  it('whatever else is in the records', () => {
    const odd: JsonObject[] = [
      {},
      { a: null, b: [], c: {}, d: [[1]], e: [null], f: [{}], '': 1 },
      { id: '', user_id: '  ', items: [1, { x: 1 }], timestamp: true },
    ];
    expect(guess(...odd)).toMatchObject({ event_id: 'content' });
    expect(guessMapping([], KNOWN).mapping.fields).toEqual({});
  });

  it('so that the mapping is valid, whatever the names of keys and the values', () => {
    const name = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom('user_id', 'user', 'id', 'event', 'items', 'sku', 'price', 'timestamp'),
    );
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<Json>(null, true, 7, 1.5, '', 'purchase', '2026-01-05T10:00:00Z'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 4 }),
      ),
    }));
    const record = fc.dictionary(name, value, { maxKeys: 6 });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        expect(readMapping(guess(...records), []).problems).toEqual([]);
      }),
      { ...propertyRuns(500, 5_000), examples: [[[{ '': { user_id: 'u' } }]]] },
    );
  });

  it('in records with more paths than anyone looks at', () => {
    const data = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n]));
    expect(guess({ user_id: 'u', data }).fields).toEqual({ user_id: 'user_id' });
  });
});

describe('the id of an event', () => {
  it('is a hash of the record where no path has one', () => {
    expect(guess({ user_id: 'u' })).toMatchObject({ event_id: 'content' });
  });

  it('is no path whose values several records share', () => {
    const records = [1, 2, 3, 4].map((n) => ({ event_id: String(n % 2), id: n }));
    expect(guess(...records)).toEqual({ fields: { event_id: 'id' } });
    const shared = records.map(({ event_id }, n) => ({ event_id, n }));
    expect(guess(...shared)).toEqual({ fields: { event_id: [] }, event_id: 'content' });
  });

  it('may come again with the same record', () => {
    expect(guess({ id: '1' }, { id: '1' }, { id: '2' })).toEqual({ fields: { event_id: 'id' } });
  });

  it('is a hash beside a path that is not always filled', () => {
    expect(guess({ uuid: 'a', n: 1 }, { n: 2 })).toEqual({
      fields: { event_id: 'uuid' },
      event_id: 'content',
    });
  });
});

describe('event types are told', () => {
  it('by the path with most names that are known, and their spellings', () => {
    const { fields, event_types: names } = guess(
      { name: 'Home', type: 'track', event: 'AddToCart' },
      { name: 'Tea', type: 'track', event: 'Order Completed' },
      { name: 'Cup', type: 'track', event: 'Odd One' },
    );
    expect(fields).toEqual({ event_type: 'event' });
    expect(names).toEqual({ addtocart: 'add_to_cart' });
  });

  it('by values alone where no name says so', () => {
    const { fields } = guess({ what: 'purchase' }, { what: 'search' }, { what: 'zoom' });
    expect(fields).toEqual({ event_type: 'what' });
  });

  it('from a second path where the first has none', () => {
    const { fields } = guess({ event: 'purchase' }, { type: 'search' });
    expect(fields).toEqual({ event_type: ['event', 'type'] });
  });

  it('and a view is one of a product where there is one', () => {
    const of = (...records: JsonObject[]) => guess(...records).event_types;
    expect(of({ event_type: 'view', sku: 'p' }, { event_type: 'cart' })).toEqual({
      view: 'product_view',
      cart: 'add_to_cart',
    });
    expect(of({ event_type: 'View' })).toEqual({ view: 'page_view' });
    expect(of({ event_type: 'view', items: [{ sku: 'p' }] })).toEqual({ view: 'product_view' });
  });

  it.each([
    ['order_complete', 'purchase'],
    ['order-confirmed', 'purchase'],
    ['orderSuccess', 'purchase'],
    ['checkout_complete', 'purchase'],
    ['payment_success', 'purchase'],
    ['add_basket', 'add_to_cart'],
    ['basket_add', 'add_to_cart'],
    ['pdp_view', 'product_view'],
    ['checkout_started', 'checkout'],
  ])('by what %s means', (sent, name) => {
    expect(guess({ event_type: sent }).event_types).toEqual({ [sent.toLowerCase()]: name });
  });

  it('only as types that there are', () => {
    expect(guess({ event_type: 'refund' }, { event_type: 'zoom' }).event_types).toBeUndefined();
  });
});

describe('the products of an event are told', () => {
  it('from an array of objects', () => {
    const { items, fields } = guess({
      order_total: 9,
      cart: { lines: [{ sku: 'p', title: 'Tea', unit: { price: 2 }, qty: 1 }, { sku: 'q' }] },
    });
    expect(items).toEqual({
      from: 'cart.lines',
      product_id: 'sku',
      product_name: 'title',
      price: 'unit.price',
      quantity: 'qty',
    });
    // With items the value of an order is known without a sum that has tax and shipping in it.
    expect(fields).toEqual({});
  });

  it.each(['pieces', 'pcs', 'Anzahl', 'Stück', 'qté'])('with their quantity as %s', (key) => {
    const { items, fields } = guess({
      order: { total: 9 },
      articles: [{ sku: 'p', price: 2, [key]: 3 }],
    });
    expect(readMapping({ items }, []).mapping.items?.fields.quantity).toEqual([
      [{ kind: 'key', key }],
    ]);
    expect(fields).toEqual({});
  });

  it('beside the total of the order, where they lack a price or a quantity', () => {
    const total = { order_value: 'order.total' };
    expect(guess({ order: { total: 9 }, lines: [{ sku: 'p', price: 2, n: 3 }] }).fields).toEqual(
      total,
    );
    expect(guess({ order: { total: 9 }, lines: [{ sku: 'p', qty: 3 }] }).fields).toEqual(total);
  });

  it('from items whose ids are just called id, by the name of their list', () => {
    expect(guess({ products: [{ id: 1, price: 2 }] }).items).toEqual({
      from: 'products',
      product_id: 'id',
      price: 'price',
    });
    expect(guess({ experiments: [{ id: 1, price: 2 }] }).items).toBeUndefined();
  });

  it('from parallel arrays, also where the field itself has the array', () => {
    expect(guess({ product_ids: ['a', 'b'], prices: [1, 2], tags: ['x'] }).items).toEqual({
      product_id: 'product_ids[]',
      price: 'prices[]',
    });
    expect(guess({ product_id: ['a'], price: ['1.50'], quantity: 1 })).toMatchObject({
      fields: { product_id: [], price: [], quantity: 'quantity' },
      items: { product_id: 'product_id[]', price: 'price[]' },
    });
  });

  it('from different lists in different records', () => {
    const { items } = guess(
      { cart: { lines: [{ sku: 'p', price: 1 }] } },
      { products: [{ product_id: 'q', price: 2 }] },
      { products: [{ product_id: 'q', price: 2 }] },
    );
    expect(items).toEqual({
      from: ['products', 'cart.lines'],
      product_id: ['product_id', 'sku'],
      price: 'price',
    });
  });

  it('from arrays in some records and from objects in others', () => {
    const { items } = guess(
      { product_id: ['a'], price: [1] },
      { products: [{ product_id: 'b', price: 2 }] },
    );
    expect(items).toEqual({
      from: 'products',
      product_id: ['product_id', 'product_id[]'],
      price: ['price', 'price[]'],
    });
  });
});
