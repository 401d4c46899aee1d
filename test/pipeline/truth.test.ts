/** What the simulator knows from its visitors' acts is what the pipeline makes of their lines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readExchangeRates } from '../../src/config/exchange-rates.ts';
import { compareTruth, type TruthReport } from '../../src/simulate/compare-truth.ts';
import { DEFAULT_DIRT, type SimulateOptions } from '../../src/simulate/options.ts';
import { readTruth } from '../../src/simulate/read-truth.ts';
import type { SenderRules } from '../../src/simulate/sender-rules.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { Truth } from '../../src/simulate/truth.ts';
import { IS_LONG, propertyRuns } from '../fixtures/long-runs.ts';
import { openTestLake, type SettingsChange } from './lake-support.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-truth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let landings = 0;

/** A kind of dirt is off, at its usual rate, or far above it. */
const rate = (usual: number) => fc.constantFrom(0, usual, 0.05, 0.3);

const dirtArbitrary = fc.record(
  Object.fromEntries(
    Object.entries(DEFAULT_DIRT).map(([name, usual]) => [name, rate(usual)]),
  ) as Record<keyof typeof DEFAULT_DIRT, fc.Arbitrary<number>>,
);

const shape = fc.oneof(
  fc.record({ split: fc.constantFrom('day' as const, 'hour' as const) }),
  fc.record({ files: fc.integer({ min: 1, max: 9 }) }),
);

const size = fc.oneof(
  fc.record({ events: fc.integer({ min: 1, max: 600 }) }),
  fc.record({ users: fc.integer({ min: 1, max: 40 }) }),
);

/** Where the simulator's orders have their lines, in the form of items. */
const ITEMS = {
  ...{ from: 'items', product_id: 'product_id', product_name: 'name', category: 'category' },
  ...{ price: 'price', quantity: 'quantity' },
};

/** Countries that pay in euro, in a currency with cents, and in one without. */
const COUNTRIES = [
  { code: 'DE', share: 5, conversion: 8, utc_offset_hours: 1 },
  { code: 'US', share: 3, conversion: 8, utc_offset_hours: -6, currency: 'USD' },
  { code: 'JP', share: 2, conversion: 8, utc_offset_hours: 9, currency: 'JPY' },
];
const RATES = { USD: 0.86, JPY: 0.0061 };

const profile = fc
  .record(
    {
      products: fc.integer({ min: 1, max: 40 }),
      unknown_device_share: fc.constantFrom(0, 0.3),
      unknown_country_share: fc.constantFrom(0, 0.3),
      countries: fc.constant(COUNTRIES),
      orders: fc.record({
        form: fc.constantFrom('lines' as const, 'items' as const),
        reloads: fc.constantFrom(0, 0.5),
        refunds: fc.constantFrom(0, 0.6),
      }),
    },
    { requiredKeys: [] },
  )
  .map((drawn) => ({ ...drawn, rates: RATES }));

const DIRTY = { duplicates: 0.05, late: 0.2, outOfOrder: 0.2, malformed: 0.05, conflicts: 0.02 };

const sender: fc.Arbitrary<SenderRules> = fc.record({
  identity: fc.constantFrom('users', 'anonymous'),
  sendsSessions: fc.boolean(),
  sendsUserAgents: fc.boolean(),
});

interface Simulation {
  options: Omit<SimulateOptions, 'out'>;
  /** Over how many runs the files are spread. */
  arrivals: number;
}

const simulations: fc.Arbitrary<Simulation> = fc.record({
  options: fc
    .tuple(
      size,
      shape,
      fc.record({
        seed: fc.integer({ min: 0, max: 0xffffffff }),
        days: fc.integer({ min: 1, max: 3 }),
        gzip: fc.boolean(),
        dirt: dirtArbitrary,
        sender,
        profile,
        timeZone: fc.constantFrom(undefined, 'America/Los_Angeles', 'Asia/Kathmandu'),
      }),
    )
    .map(([sized, shaped, rest]) => ({ ...sized, ...shaped, ...rest })),
  arrivals: fc.integer({ min: 1, max: 3 }),
});

interface Outcome {
  truth: Truth;
  report: TruthReport;
  /** As the runs have counted them. */
  unreadable: { price: number; quantity: number };
}

async function runThrough(
  { options, arrivals }: Simulation,
  change?: SettingsChange,
): Promise<Outcome> {
  const out = join(folder, `landing-${landings++}`);
  const { truthPath, ratesPath } = await simulate({ out, ...options });
  const truth = await readTruth(truthPath);
  const rates = ratesPath === undefined ? [] : readExchangeRates(ratesPath);
  await using test = await openTestLake({}, (settings) => ({
    ...(change?.(settings) ?? settings),
    sources: { simulator: { items: ITEMS } },
    reporting: { timeZone: options.timeZone ?? 'UTC' },
    money: { currency: rates.length > 0 ? 'EUR' : undefined, assume: undefined, rates },
  }));
  const paths = truth.lines.files.map((name) => ({ kind: 'file' as const, path: join(out, name) }));
  const unreadable = { price: 0, quantity: 0 };
  const filesEach = Math.max(1, Math.ceil(paths.length / arrivals));
  for (let from = 0; from < paths.length; from += filesEach) {
    await test.lake.ingest(paths.slice(from, from + filesEach), { source: 'simulator' });
    const { unreadableNumbers } = await test.lake.run({ fullRefresh: false });
    unreadable.price += unreadableNumbers.price ?? 0;
    unreadable.quantity += unreadableNumbers.quantity ?? 0;
  }
  return { truth, report: await compareTruth(truth, test.lake), unreadable };
}

describe('the truth of a simulation', () => {
  it('is what ingest and run come to, for any seed, dirt and spread over runs', async () => {
    await fc.assert(
      fc.asyncProperty(simulations, async (simulation) => {
        const { truth, report, unreadable } = await runThrough(simulation);
        expect(report.differences).toEqual([]);
        expect(report.isCurrent).toBe(true);
        expect(unreadable).toEqual(truth.events.unreadableNumbers);
      }),
      { ...propertyRuns(4, 60), endOnFailure: true },
    );
  });

  it.each<[string, Partial<SenderRules>]>([
    ['devices that users log in on', { identity: 'anonymous' }],
    ['devices without sessions', { identity: 'anonymous', sendsSessions: false }],
    ['users without sessions', { sendsSessions: false }],
    ['user agents', { sendsUserAgents: true, identity: 'anonymous' }],
  ])('is that of %s, with dirt, over three runs', async (_, sender) => {
    const dirt = { ...DIRTY, mixedSessions: 0.2, clockSkew: 0.2, bots: 0.1 };
    const options = { events: 3_000, days: 5, dirt, sender, profile: { products: 30 } };
    const { truth, report } = await runThrough({ options, arrivals: 3 });
    expect(report.differences).toEqual([]);
    expect(truth.identity?.visitors.length).toBe(truth.users.users);
    const compared = new Map(report.tables.map(({ table, numbers }) => [table, numbers]));
    expect(compared.get('gold_users')).toBeGreaterThan(200);
    expect(compared.get('gold_identities')! > 200).toBe(sender.identity === 'anonymous');
  });

  it.each(['lines', 'items'] as const)(
    'is that of orders in the form of %s, reloaded, refunded, in three currencies',
    async (form) => {
      const profile = {
        ...{ products: 30, countries: COUNTRIES, rates: RATES },
        orders: { form, reloads: 0.4, refunds: 0.4 },
      };
      const options = { events: 6_000, days: 25, dirt: DIRTY, profile };
      const { truth, report } = await runThrough({ options, arrivals: 3 });
      expect(report.differences).toEqual([]);
      const orders = truth.days.map((day) => day.orders);
      const sum = (of: (one: (typeof orders)[number]) => number) =>
        orders.reduce((total, one) => total + of(one), 0);
      const [placed, lines] = [sum((one) => one.orders), sum((one) => one.lines)];
      expect(placed).toBeGreaterThan(100);
      expect(sum((one) => one.deliveries)).toBeGreaterThan(
        1.3 * (form === 'lines' ? lines : placed),
      );
      expect(sum((one) => one.refundedCents)).toBeGreaterThan(
        0.05 * sum((one) => one.revenueCents),
      );
      expect(sum((one) => one.taxCents) > 0).toBe(form === 'items');
      const names = truth.days.flatMap(({ products }) => products.map((row) => row[6]));
      expect(names.some((name) => name !== null)).toBe(form === 'items');
      const later = truth.days.filter((day) => day.conversion_metrics.refunded !== '0.00');
      expect(later.length).toBeGreaterThan(10);
    },
  );

  it('is that of a shop whose day begins at another time', async () => {
    const options = { events: 4_000, days: 4, dirt: DIRTY, timeZone: 'Pacific/Auckland' };
    const { truth, report } = await runThrough({ options, arrivals: 2 });
    expect(report.differences).toEqual([]);
    expect(truth.days.map(({ date }) => date)).toContain('2026-01-05');
  });

  it('is that of files that hold nothing but the same repeated line', async () => {
    const dirt = {
      ...{ duplicates: 0.3, late: 0.03, outOfOrder: 0.05, malformed: 0.05, conflicts: 0.05 },
      ...{ clockSkew: 0.01, bots: 0.05, extraFields: 0, spellings: 0.05, mixedSessions: 0.002 },
    };
    const options = { seed: 4_294_967_280, users: 4, days: 1, split: 'hour' as const, dirt };
    const { report } = await runThrough({ options, arrivals: 1 });
    expect(report.differences).toEqual([]);
  });

  it('is that of days whose microseconds have a digit less', async () => {
    const options = { events: 5_000, days: 2, start: '2001-09-07', dirt: { spellings: 0.5 } };
    const { report } = await runThrough({ options, arrivals: 2 });
    expect(report.differences).toEqual([]);
  });

  it('is that of hundreds of small files in one run with little memory', async () => {
    const { truth, report } = await runThrough(
      { options: { events: 3_000, days: 9, split: 'hour' }, arrivals: 1 },
      (settings) => ({ ...settings, duckdb: { ...settings.duckdb, memoryLimitMb: 300 } }),
    );
    expect(truth.lines.files.length).toBeGreaterThan(200);
    expect(report.differences).toEqual([]);
  });

  it.runIf(IS_LONG)(
    'is that of more events without a session than memory holds at once',
    async () => {
      const sender: SenderRules = {
        ...{ identity: 'anonymous', sendsSessions: false, sendsUserAgents: false },
      };
      const { truth, report } = await runThrough(
        { options: { events: 400_000, days: 3, sender }, arrivals: 1 },
        (settings) => ({ ...settings, duckdb: { ...settings.duckdb, memoryLimitMb: 300 } }),
      );
      // So many are computed in two parts.
      expect(truth.events.events).toBeGreaterThan(300 * 0.7 * 1_500);
      expect(report.differences).toEqual([]);
    },
  );

  it('has a number for every table', async () => {
    const dirt = { malformed: 0.05, conflicts: 0.05 };
    const { report } = await runThrough({ options: { events: 500, days: 2, dirt }, arrivals: 2 });
    expect(report.tables.map(({ table }) => table)).toEqual([
      'bronze_files',
      'silver_events',
      'silver_quarantine',
      'gold_sessions',
      'gold_users',
      'gold_orders',
      'gold_rfm',
      'gold_cohorts',
      'gold_conversion_metrics',
      'gold_event_metrics',
      'gold_funnel',
      'gold_channels',
      'gold_products',
    ]);
    for (const { numbers, differences } of report.tables) {
      expect(numbers).toBeGreaterThan(0);
      expect(differences).toBe(0);
    }
  });
});
