/** How the simulated shop tells of its orders: in which form, how often, in which currencies, what comes back. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readExchangeRates } from '../../src/config/exchange-rates.ts';
import type { SimulateOptions } from '../../src/simulate/options.ts';
import { checkProfile } from '../../src/simulate/profile.ts';
import { simulate } from '../../src/simulate/simulate.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-orders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let runs = 0;

interface Event {
  event_id: string;
  event_type: string;
  event_timestamp: string;
  order_id?: string;
  product_id?: string;
  currency?: string;
  country?: string;
  price?: number;
  quantity?: number;
  order_value?: number;
  tax?: number;
  shipping?: number;
  discount?: number;
  items?: { product_id: string; price: number; quantity?: number }[];
  session_id?: string;
  user_id?: string;
}

const BUYERS = { devices: [{ name: 'desktop', share: 1, conversion: 6 }], products: 60 };

async function run(options: Partial<SimulateOptions>) {
  const out = join(folder, `run-${runs++}`);
  const report = await simulate({ out, events: 8_000, days: 20, clean: true, ...options });
  const texts = report.files.map((name) => readFileSync(join(out, name), 'utf8'));
  const events = texts
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  return { out, report, events, purchases: events.filter((one) => one.event_type === 'purchase') };
}

const cents = (amount: number) => Math.round(100 * amount);

describe('orders in the form of items', async () => {
  const { purchases } = await run({
    profile: { ...BUYERS, orders: { form: 'items', reloads: 0.3, refunds: 0 } },
  });

  it('are events with all lines and with the amounts of the whole order', () => {
    for (const one of purchases) {
      expect(one.product_id).toBeUndefined();
      const value = one.items!.reduce(
        (sum, { price, quantity = 1 }) => sum + cents(price) * quantity,
        0,
      );
      expect(cents(one.order_value!) + cents(one.discount!)).toBe(value);
      expect(cents(one.tax!)).toBeGreaterThan(0);
    }
    const counts = purchases.map(({ items }) => items!.length);
    expect(Math.max(...counts)).toBeGreaterThan(2);
    expect(purchases.some(({ discount }) => discount! > 0)).toBe(true);
    expect(purchases.some(({ shipping }) => shipping! > 0)).toBe(true);
  });

  it('are told of again with the same content, another id and a later time', () => {
    const byOrder = groups(purchases);
    const repeated = [...byOrder.values()].filter((told) => told.length > 1);
    expect(repeated.length).toBeGreaterThan(0.15 * byOrder.size);
    expect(repeated.some((told) => told.length > 2)).toBe(true);
    for (const told of repeated) {
      expect(new Set(told.map(({ event_id }) => event_id)).size).toBe(told.length);
      expect(new Set(told.map(({ event_timestamp }) => event_timestamp)).size).toBe(told.length);
      expect(new Set(told.map(({ items }) => JSON.stringify(items))).size).toBe(1);
    }
  });
});

function groups(events: readonly Event[]): Map<string | undefined, Event[]> {
  const byOrder = new Map<string | undefined, Event[]>();
  for (const event of events) {
    byOrder.set(event.order_id, [...(byOrder.get(event.order_id) ?? []), event]);
  }
  return byOrder;
}

describe('refunds', () => {
  it('come days after their order, of all or of one product, some twice', async () => {
    const { events, purchases } = await run({
      profile: { ...BUYERS, orders: { form: 'lines', reloads: 0, refunds: 0.5 } },
    });
    const orders = groups(purchases);
    const refunds = events.filter((one) => one.event_type === 'refund');
    expect(refunds.length).toBeGreaterThan(0.2 * orders.size);
    for (const refund of refunds) {
      const lines = orders.get(refund.order_id)!;
      expect(refund.event_timestamp > lines[0]!.event_timestamp).toBe(true);
      expect(refund.session_id).toBeUndefined();
      expect(refund.user_id).toBeDefined();
      expect(refund.price).toBeUndefined();
      const products = [undefined, ...lines.map(({ product_id }) => product_id)];
      expect(products).toContain(refund.product_id);
    }
    const wholes = refunds.filter(({ product_id }) => product_id === undefined).length;
    expect(wholes).toBeGreaterThan(0);
    expect(wholes).toBeLessThan(refunds.length);
    const twice = [...groups(refunds).values()].filter((told) => told.length === 2);
    expect(twice.length).toBeGreaterThan(0);
    expect(new Set(refunds.map(({ event_id }) => event_id)).size).toBe(refunds.length);
  });
});

describe('currencies', () => {
  const countries = [
    { code: 'DE', share: 1, conversion: 3, utc_offset_hours: 1 },
    { code: 'JP', share: 1, conversion: 3, utc_offset_hours: 9, currency: 'JPY' },
  ];
  const profile = { ...BUYERS, countries, rates: { JPY: 0.0061 }, unknown_country_share: 0 };

  it('are those of the countries, in their smallest units, with rates beside the files', async () => {
    const { out, report, events } = await run({ profile });
    const priced = events.filter(({ price }) => price !== undefined);
    for (const { country, currency, price } of priced) {
      expect(currency).toBe(country === 'JP' ? 'JPY' : 'EUR');
      expect(currency === 'JPY' ? price! % 1 : 0).toBe(0);
    }
    expect(new Set(priced.map(({ currency }) => currency)).size).toBe(2);
    expect(report.ratesPath).toBe(join(out, '_rates.csv'));
    const rates = readExchangeRates(report.ratesPath!);
    expect(rates[0]).toMatchObject({ date: '2025-12-31', currency: 'JPY' });
    expect(new Set(rates.map(({ rate }) => rate)).size).toBeGreaterThan(2);
    for (const { rate } of rates) {
      expect(Number(rate)).toBeCloseTo(0.0061, 3);
    }
  });

  it('leave no rates behind when the folder is used again', async () => {
    const { out } = await run({ profile });
    const again = await simulate({ out, events: 100, days: 1, overwrite: true });
    expect(again.ratesPath).toBeUndefined();
    expect(existsSync(join(out, '_rates.csv'))).toBe(false);
  });

  it.each([
    [{ countries }, 'profile shop.yaml at rates: JPY, which visitors from JP pay in, is missing'],
    [{ currency: 'XQX' }, 'profile shop.yaml at currency: is no currency'],
    [{ orders: { form: 'list' } }, 'profile shop.yaml at orders.form'],
    [{ orders: { refunds: 2 } }, 'profile shop.yaml at orders.refunds'],
  ])('are refused unless they can be converted, as other settings are: %j', (content, message) => {
    expect(() => checkProfile(content, 'shop.yaml')).toThrow(message);
  });

  it('and orders may be given in part', () => {
    expect(checkProfile({ orders: { refunds: 0.1 } }, 'shop.yaml').orders).toEqual({
      form: 'lines',
      reloads: 0,
      refunds: 0.1,
    });
  });
});
