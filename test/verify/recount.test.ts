import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import { FIELD_NAMES } from '../../src/contract/fields.ts';
import { type ColumnType, TABLE_NAMES, TABLES } from '../../src/verify/canonical-row.ts';
import { compareTable } from '../../src/verify/compare-tables.ts';
import { fileBytes } from '../fixtures/arbitraries.ts';
import { RECEIVED_AT_MICROS, record } from '../fixtures/lines/line-case.ts';
import { openTestRecount, type TestRecount } from '../fixtures/recount-session.ts';

const RULES = {
  eventTypes: new Set(BUILT_IN_EVENT_TYPES),
  aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
};

let recount: TestRecount;
beforeAll(async () => {
  recount = await openTestRecount();
});
afterAll(() => recount.close());

type Fields = Record<string, string | number>;

/** A line of an event; fields as they are in JSON. */
function line(id: string, fields: Fields): string {
  const texts = Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]);
  return record(Object.fromEntries(texts))(id);
}

function at(time: string): string {
  return `2026-01-10T${time}Z`;
}

/** Recounts files of lines, in the order received, a second apart. */
async function recountLines(files: string[][], skipCheckout = false): Promise<void> {
  await recount.recount(
    files.map((lines, index) => ({
      file: {
        fileNumber: index + 1,
        path: `bronze/web/${index + 1}.ndjson`,
        receivedAtMicros: RECEIVED_AT_MICROS + BigInt(index) * 1_000_000n,
        lineCount: lines.length,
        blankLineCount: 0,
      },
      bytes: (async function* () {
        yield fileBytes({ lines: lines.map((text) => Buffer.from(text)) });
      })(),
    })),
    RULES,
    { skipCheckout },
  );
}

/** Rows as text, empty where there is no value. */
async function rowsOf(table: string, columns: string): Promise<string[]> {
  const rows = await recount.session.rows(
    `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (SELECT ${columns} FROM recount.${table}) ORDER BY ALL`,
  );
  return rows.map((row) => row.join(' '));
}

/** Sessions whose events are steps at given seconds, and how far each is expected to come. */
async function funnelSteps(
  sessions: Record<string, [string, number][]>,
  skipCheckout = false,
): Promise<Record<string, number>> {
  const lines = Object.entries(sessions).flatMap(([session_id, steps]) =>
    steps.map(([event_type, second], index) =>
      line(`${session_id}-${9 - index}`, {
        ...{ session_id, event_type, product_id: 'p' },
        event_timestamp: at(`10:00:0${second}`),
      }),
    ),
  );
  await recountLines([lines], skipCheckout);
  const rows = await recount.session.rows(
    'SELECT session_id, funnel_step FROM recount.gold_sessions',
  );
  return Object.fromEntries(rows.map(([id, step]) => [id, Number(step)]));
}

describe('the recount', () => {
  it('lets the delivery received first win, and tells duplicates from conflicts', async () => {
    await recountLines([
      [
        // Of one file the earlier event wins, then the smaller line: page 1, whose line is longer.
        line('a', { event_timestamp: at('10:00:01'), page_url: '/3' }),
        line('a', { event_timestamp: at('10:00:00'), page_url: '/2' }),
        line('a', { event_timestamp: at('10:00:00'), page_url: '/1' }),
        line('b', { page_url: '/' }),
      ],
      [
        line('b', { page_url: '/' }),
        // The same content in another spelling.
        `${line('b', { page_url: '/' }).slice(0, -1)} , "x": 1 }`,
        line('b', { page_url: '/other' }),
        'no json',
      ],
    ]);
    expect(await rowsOf('silver_events', 'event_id, page_url, bronze_path')).toEqual([
      'a /1 bronze/web/1.ndjson',
      'b / bronze/web/1.ndjson',
    ]);
    expect(await rowsOf('repeated_deliveries', 'file_number, line_number, outcome')).toEqual([
      '1 1 conflict',
      '1 2 conflict',
      '1 3 first',
      '1 4 first',
      '2 1 duplicate',
      '2 2 duplicate',
      '2 3 conflict',
    ]);
    const quarantine = await rowsOf('silver_quarantine', 'reason, bronze_path, received_at');
    expect(quarantine).toEqual([
      'conflicting_event_id bronze/web/1.ndjson 2026-01-15 12:00:00+00',
      'conflicting_event_id bronze/web/1.ndjson 2026-01-15 12:00:00+00',
      'conflicting_event_id bronze/web/2.ndjson 2026-01-15 12:00:01+00',
      'not_json bronze/web/2.ndjson 2026-01-15 12:00:01+00',
    ]);
  });

  it.each(FIELD_NAMES.filter((name) => name !== 'event_id'))(
    'takes a delivery that differs in its %s alone for a conflict',
    async (field) => {
      const others: Record<string, string> = {
        event_type: 'search',
        event_timestamp: at('10:00:09'),
      };
      const other = others[field] ?? '7';
      await recountLines([[line('a', {})], [line('a', { [field]: other })]]);
      expect(await rowsOf('silver_quarantine', 'reason')).toEqual(['conflicting_event_id']);
    },
  );

  it('follows the funnel in order of time, events of one instant in the order of its steps', async () => {
    const [view, cart, checkout, purchase] = [
      'product_view',
      'add_to_cart',
      'checkout',
      'purchase',
    ];
    const sessions: Record<string, [string, number][]> = {
      none: [['page_view', 1]],
      'cart without a view': [[cart, 1]],
      'view after the cart': [
        [cart, 1],
        [view, 2],
      ],
      'cart, view, cart': [
        [cart, 1],
        [view, 2],
        [cart, 3],
      ],
      'all in one instant': [
        [purchase, 1],
        [checkout, 1],
        [cart, 1],
        [view, 1],
      ],
      'purchase before the checkout': [
        [view, 1],
        [cart, 2],
        [purchase, 3],
        [checkout, 4],
      ],
      'purchase without a checkout': [
        [view, 1],
        [cart, 2],
        [purchase, 3],
      ],
      'cart and checkout at once': [
        [view, 1],
        [checkout, 2],
        [cart, 2],
        [purchase, 3],
      ],
    };
    expect(await funnelSteps(sessions)).toEqual({
      none: 0,
      'cart without a view': 0,
      'view after the cart': 1,
      'cart, view, cart': 2,
      'all in one instant': 4,
      'purchase before the checkout': 3,
      'purchase without a checkout': 2,
      'cart and checkout at once': 4,
    });
    expect(await funnelSteps(sessions, true)).toEqual({
      none: 0,
      'cart without a view': 0,
      'view after the cart': 1,
      'cart, view, cart': 2,
      'all in one instant': 4,
      'purchase before the checkout': 4,
      'purchase without a checkout': 4,
      'cart and checkout at once': 4,
    });
    expect(
      await rowsOf('gold_funnel', '* EXCLUDE (session_date, channel, device, country)'),
    ).toEqual(['8 6 5  4']);
  });

  it('makes a session of its events, and gives it to the user of the first', async () => {
    const ofSession = { session_id: 's1' };
    await recountLines([
      [
        // By its id the second of two first events.
        line('e2', { ...ofSession, user_id: 'late', event_timestamp: at('10:00:00.5') }),
        line('e1', {
          ...ofSession,
          ...{ user_id: 'anna', device: 'Mobile', country: 'de' },
          event_timestamp: at('10:00:00.5'),
        }),
        line('e0', {
          ...ofSession,
          ...{ event_type: 'purchase', product_id: 'p1', price: '2.50', quantity: 3 },
          event_timestamp: '2026-01-11T00:00:00.0005Z',
        }),
        line('e3', {
          ...ofSession,
          ...{ event_type: 'purchase', product_id: 'p2', price: '1.005' },
          event_timestamp: at('10:00:01'),
        }),
        line('e4', { ...ofSession, event_type: 'purchase', event_timestamp: at('10:00:02') }),
        line('f1', { session_id: 's0', user_id: 'anna', event_timestamp: at('10:00:00.5') }),
        line('f2', { session_id: 's2', user_id: 'anna', event_timestamp: at('09:00:00') }),
      ],
    ]);
    expect(
      await rowsOf(
        'gold_sessions',
        'session_id, session_date, visitor_id, device, country, duration_seconds, event_count, product_count, revenue, session_number, is_bounce',
      ),
    ).toEqual([
      's0 2026-01-10 anna   0.000 1 0 0.00 2 true',
      // 3 x 2.50 + 1.01
      's1 2026-01-10 anna mobile DE 50399.500 5 2 8.51 3 false',
      's2 2026-01-10 anna   0.000 1 0 0.00 1 true',
    ]);
    expect(await rowsOf('gold_users', '*')).toEqual([
      'anna 3 7 3 8.51 2026-01-10 09:00:00+00 2026-01-11 00:00:00.0005+00 2026-01-10 Direct true',
    ]);
    // The second day has an event, and no session that begins on it.
    expect(
      await rowsOf(
        'gold_conversion_metrics',
        'date, page_views, purchases, sessions, visitors, sessions_with_purchase, bounces, conversion_rate, bounce_rate, cart_to_purchase_rate',
      ),
    ).toEqual([`2026-01-10 4 2 3 1 1 2 ${1 / 3} ${2 / 3} `, '2026-01-11 0 1 0 0 0 0   ']);
    expect(await rowsOf('gold_products', '*')).toEqual([
      '2026-01-10 p2    0 0 1 1 1.01  ',
      '2026-01-11 p1    0 0 1 3 7.50  ',
    ]);
  });

  it('counts the events of a combination', async () => {
    const view = { event_type: 'product_view', product_id: 'p', device: 'tv' };
    await recountLines([
      [
        line('a', { ...view, session_id: 's1', user_id: 'u1' }),
        line('b', { ...view, session_id: 's1', user_id: 'u2' }),
        line('c', { ...view, session_id: 's2', user_id: 'u1' }),
        line('d', { ...view, session_id: 's2', user_id: 'u1', event_type: 'add_to_cart' }),
      ],
    ]);
    expect(await rowsOf('gold_event_metrics', '* EXCLUDE (date)')).toEqual([
      'add_to_cart tv  1 0',
      'product_view tv  3 0',
    ]);
    expect(await rowsOf('gold_products', '* EXCLUDE (date)')).toEqual([
      `p    3 1 0 0 0.00 ${1 / 3} 0.0`,
    ]);
  });

  it('cuts sums of money off at 16 digits before the point', async () => {
    const purchase = { event_type: 'purchase', price: '9999999999999999.99', quantity: 2147483647 };
    await recountLines([
      [line('a', purchase), line('b', { ...purchase, session_id: 's2', quantity: -5 })],
    ]);
    expect(await rowsOf('gold_sessions', 'session_id, revenue')).toEqual([
      's1 9999999999999999.99',
    ]);
    expect(await rowsOf('gold_users', 'revenue')).toEqual(['9999999999999999.99']);
    expect(await rowsOf('gold_refunds', 'amount')).toEqual(['9999999999999999.99']);
  });

  it('puts buyers into fifths by those who do not reach them', async () => {
    const order = (id: string, user_id: string, order_value: number, day = '05') =>
      line(id, {
        ...{ event_type: 'purchase', session_id: `of ${id}`, user_id, order_value },
        event_timestamp: `2026-01-${day}T10:00:00Z`,
      });
    await recountLines([
      [order('a', 'ann', 10), order('b', 'bob', 10), order('c', 'bob', -3), order('d', 'cid', 9)],
      [order('e', 'dan', 30, '09'), order('f', 'eve', 10), order('g', 'eve', 5, '09')],
    ]);
    expect(await rowsOf('gold_rfm', '*')).toEqual([
      'ann 2026-01-05 4 1 10.00 1 1 2 112',
      'bob 2026-01-05 4 1 10.00 1 1 2 112',
      'cid 2026-01-05 4 1 9.00 1 1 1 111',
      'dan 2026-01-09 0 1 30.00 4 1 5 415',
      'eve 2026-01-09 0 2 15.00 4 5 4 454',
    ]);
  });

  it('adds up no amounts of an order in another currency than its first event', async () => {
    const sold = (id: string, fields: Record<string, unknown>) =>
      line(id, { event_type: 'purchase', order_id: 'o', product_id: id, ...fields });
    await recountLines([
      [
        sold('a', { price: '10', currency: 'EUR' }),
        sold('b', { price: '100', currency: ' sek ' }),
        sold('c', { price: '7' }),
        line('r', { event_type: 'refund', order_id: 'o', order_value: '90', currency: 'SEK' }),
      ],
    ]);
    expect(
      await rowsOf('gold_orders', 'currency, item_count, revenue, refunded, reported_refunded'),
    ).toEqual(['EUR 2 17.00 0.00 90.00']);
    expect(await rowsOf('gold_refunds', 'currency, amount')).toEqual(['SEK 90.00']);
  });
});

describe('the comparison', () => {
  const columns = TABLE_NAMES.flatMap((table) =>
    TABLES[table].columns.map(({ name, type }) => ({ table, name, type })),
  );
  beforeAll(async () => {
    await recountLines([
      [
        line('a', {
          ...{ event_type: 'purchase', product_id: 'p', price: '1.10', quantity: 2 },
          ...{ device: 'tv', country: 'DE', page_url: '/', referrer: '/', order_id: 'o' },
          ...{ currency: 'EUR' },
        }),
        line('r', { event_type: 'refund', order_id: 'o', price: '1.00', currency: 'EUR' }),
        line('b', {
          ...{ session_id: 's2', user_id: 'u2', anonymous_id: 'a' },
          event_timestamp: at('11:00:00'),
        }),
        'no json',
        '[]',
      ],
    ]);
  });

  it.each(columns)('names one other value in $name of $table', async ({ table, name, type }) => {
    // Of the row that is the first by all its columns.
    const actual = `(SELECT * EXCLUDE (place) REPLACE (
        CASE WHEN place = 1 THEN ${otherValue(type, name)} ELSE ${name} END AS ${name})
      FROM (SELECT *, row_number() OVER (ORDER BY ${name} DESC NULLS LAST) AS place FROM recount.${table}))`;
    const sides = { expected: `recount.${table}`, actual };
    const { checks } = await compareTable(recount.session, table, sides, true);
    const different = checks.filter(({ isEqual }) => !isEqual);
    const isKey = TABLES[table].key.some((index) => TABLES[table].columns[index]!.name === name);
    expect(different[0]!.name).toContain(isKey ? `${table}: ` : `${table}: ${name} of `);
    expect(different.at(-1)!.name).toBe(`${table}: every row (hash)`);
  });

  function otherValue(type: ColumnType, name: string): string {
    switch (type) {
      case 'text':
        return `concat(${name}, ' ')`;
      case 'boolean':
        return `NOT ${name}`;
      case 'timestamp':
        return `${name} + INTERVAL 1 MICROSECOND`;
      case 'decimal(18,2)':
      case 'decimal(18,3)':
      case 'decimal(18,10)':
        return `coalesce(${name} + 0.01, 0)`;
      case 'double':
        return `coalesce(${name} + 1e-15, 0)`;
      case 'integer':
        return `coalesce(${name} + 1, 0)`;
      default:
        return `${name} + 1`;
    }
  }
});
