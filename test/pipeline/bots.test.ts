/** Sessions and events of bots: marked, kept, and left out of metrics unless the settings say otherwise. */
import { describe, expect, it } from 'vitest';
import type { GoldRules } from '../../src/contract/gold-rules.ts';
import { openLake } from '../../src/lake/open-lake.ts';
import { BROWSERS } from '../fixtures/user-agents.ts';
import { openTestLake, receiveBytes, type TestLake } from './lake-support.ts';

const BOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const BROWSER = BROWSERS[0];

interface Event {
  id: string;
  session?: string;
  user?: string;
  agent?: string | undefined;
  type?: string;
  minute: number;
}

function lineOf({ id, session, user = 'u', agent, type = 'product_view', minute }: Event): string {
  return JSON.stringify({
    event_id: id,
    user_id: user,
    session_id: session,
    event_type: type,
    product_id: 'p',
    user_agent: agent,
    event_timestamp: new Date(Date.UTC(2026, 0, 10, 10, minute)).toISOString(),
    price: 10,
  });
}

/** One file, one run. */
async function run(lake: TestLake, name: string, events: Event[]) {
  await lake.receive(`${name}.ndjson`, `${events.map(lineOf).join('\n')}\n`);
  return lake.lake.run({ fullRefresh: false });
}

const hashes = async (lake: TestLake) =>
  (await lake.lake.hashTables()).tables.map(({ table, sha256 }) => ({ table, sha256 }));

const differences = async (lake: TestLake) =>
  (await lake.lake.verify()).checks.filter(({ isEqual }) => !isEqual);

const isBotBySession = async (lake: TestLake) =>
  Object.fromEntries(
    (await lake.rows('SELECT session_id, is_bot FROM gold_sessions')).map((row) => [
      row.session_id,
      row.is_bot,
    ]),
  );

const SHOP: Event[] = [
  { id: 'a1', session: 'a', user: 'ann', agent: BROWSER, minute: 0 },
  { id: 'a2', session: 'a', user: 'ann', agent: BROWSER, type: 'purchase', minute: 1 },
  { id: 'b1', session: 'b', user: 'bot', agent: BOT, minute: 2 },
  { id: 'b2', session: 'b', user: 'bot', agent: BOT, type: 'add_to_cart', minute: 3 },
  // Ann's device is looked up by a bot under her name.
  { id: 'c1', session: 'c', user: 'ann', agent: BOT, minute: 4 },
  // A bot within a visitor's session, and a visitor within a bot's.
  { id: 'd1', session: 'd', user: 'dan', minute: 5 },
  { id: 'd2', session: 'd', user: 'dan', agent: BROWSER, minute: 6 },
  { id: 'd3', session: 'd', user: 'dan', agent: BOT, minute: 7 },
  { id: 'e1', session: 'e', user: 'eve', minute: 8 },
  { id: 'e2', session: 'e', user: 'eve', agent: BOT, minute: 9 },
  { id: 'e3', session: 'e', user: 'eve', agent: BROWSER, minute: 10 },
  // No user agent, and a blank one.
  { id: 'f1', session: 'f', user: 'fay', minute: 11 },
  { id: 'f2', session: 'f', user: 'fay', agent: ' ', minute: 12 },
];

async function openShop(bots: GoldRules['bots']): Promise<TestLake> {
  return openTestLake({}, (settings) => ({ ...settings, bots }));
}

describe('bots', () => {
  it('own the sessions whose first user agent is one', async () => {
    await using lake = await openShop('exclude');
    await run(lake, 'shop', SHOP);
    expect(await isBotBySession(lake)).toEqual({
      ...{ a: false, b: true, c: true, d: false, e: true, f: false },
    });
    expect(await differences(lake)).toEqual([]);
  });

  it('are left out of metrics, which say how many they were', async () => {
    await using lake = await openShop('exclude');
    const { bots } = await run(lake, 'shop', SHOP);
    expect(bots).toEqual({ sessions: 3, events: 5, countedSessions: 3, isLeftOut: true });
    expect(
      await lake.rows(`SELECT sessions, visitors, product_views, add_to_carts, purchases,
        sessions_with_add_to_cart, bounces, bot_sessions, bot_events FROM gold_conversion_metrics`),
    ).toEqual([
      {
        ...{ sessions: 3, visitors: 3, product_views: 7, add_to_carts: 0, purchases: 1 },
        ...{ sessions_with_add_to_cart: 0, bounces: 0, bot_sessions: 3, bot_events: 5 },
      },
    ]);
    expect(
      await lake.rows('SELECT visitor_id, session_count FROM gold_users ORDER BY visitor_id'),
    ).toEqual([
      { visitor_id: 'ann', session_count: 1 },
      { visitor_id: 'dan', session_count: 1 },
      { visitor_id: 'fay', session_count: 1 },
    ]);
    expect(await lake.rows('SELECT sessions, reached_product_view FROM gold_funnel')).toEqual([
      { sessions: 3, reached_product_view: 3 },
    ]);
    expect(await lake.rows('SELECT views, add_to_carts, orders FROM gold_products')).toEqual([
      { views: 7, add_to_carts: 0, orders: 1 },
    ]);
    expect(
      await lake.rows(
        'SELECT event_type, event_count, bot_event_count FROM gold_event_metrics ORDER BY event_type',
      ),
    ).toEqual([
      { event_type: 'add_to_cart', event_count: 0, bot_event_count: 1 },
      { event_type: 'product_view', event_count: 7, bot_event_count: 4 },
      { event_type: 'purchase', event_count: 1, bot_event_count: 0 },
    ]);
  });

  it('do not buy: a session with an order that a server of the shop sent is no bot', async () => {
    await using lake = await openShop('exclude');
    const sent = { agent: 'axios/1.6.2', type: 'purchase' };
    await run(lake, 'orders', [
      ...SHOP,
      { id: 'g1', session: 'g', user: 'gus', agent: 'axios/1.6.2', minute: 20 },
    ]);
    expect(await isBotBySession(lake)).toMatchObject({ b: true, g: true });
    // To a session that looked like a bot's so far, and one without a session id.
    await run(lake, 'more', [
      { id: 'g2', session: 'g', user: 'gus', ...sent, minute: 21 },
      { id: 'h1', user: 'hal', ...sent, minute: 30 },
    ]);
    expect(await isBotBySession(lake)).toMatchObject({ b: true, g: false });
    const orders = (table: string) => lake.rows(`SELECT sum(orders) AS orders FROM ${table}`);
    for (const table of ['gold_conversion_metrics', 'gold_channels']) {
      expect(await orders(table), table).toEqual([{ orders: 3 }]);
    }
    expect(await lake.rows('SELECT sum(order_count) AS orders FROM gold_users')).toEqual([
      { orders: 3 },
    ]);
    expect(await differences(lake)).toEqual([]);
  });

  it('count like visitors where the settings say so, and are counted by themselves as well', async () => {
    await using lake = await openShop('include');
    const { bots } = await run(lake, 'shop', SHOP);
    expect(bots).toEqual({ sessions: 3, events: 5, countedSessions: 6, isLeftOut: false });
    expect(
      await lake.rows(`SELECT sessions, visitors, product_views, add_to_carts, bot_sessions, bot_events
        FROM gold_conversion_metrics`),
    ).toEqual([
      {
        ...{ sessions: 6, visitors: 5, product_views: 11, add_to_carts: 1 },
        ...{ bot_sessions: 3, bot_events: 5 },
      },
    ]);
    expect(await differences(lake)).toEqual([]);
  });

  it('are found whatever comes first: late events turn sessions into those of bots and back', async () => {
    const parts: Event[][] = [
      [
        { id: 'm2', session: 'm', user: 'mia', agent: BROWSER, minute: 20 },
        { id: 'n2', session: 'n', user: 'ned', agent: BOT, minute: 20 },
        { id: 'o1', user: 'oto', agent: BROWSER, minute: 40 },
      ],
      [
        { id: 'm1', session: 'm', user: 'mia', agent: BOT, minute: 10 },
        { id: 'n1', session: 'n', user: 'ned', agent: BROWSER, minute: 10 },
        { id: 'o0', user: 'oto', agent: BOT, minute: 20 },
      ],
    ];
    await using late = await openShop('exclude');
    await run(late, 'shop', SHOP);
    for (const [index, part] of parts.entries()) {
      await run(late, `part-${index}`, part);
    }
    expect(await isBotBySession(late)).toMatchObject({ m: true, n: false });
    expect(await late.rows(`SELECT * FROM gold_users WHERE visitor_id IN ('mia', 'oto')`)).toEqual(
      [],
    );
    expect(await differences(late)).toEqual([]);
    const incremental = await hashes(late);
    await late.lake.run({ fullRefresh: true });
    expect(await hashes(late)).toEqual(incremental);
  });

  it('count anew, without another look at the lines, once the setting is changed', async () => {
    await using lake = await openShop('exclude');
    await run(lake, 'shop', SHOP);
    const silver = (await lake.lake.status()).tables.find(({ table }) => table === 'silver_events');
    const including = await openLake({ ...lake.settings, bots: 'include' });
    try {
      const report = await including.run({ fullRefresh: false });
      expect(report.lines).toBe(0);
      const { rows } = await including.query('SELECT sessions FROM gold_conversion_metrics', {});
      expect(rows).toEqual([{ sessions: 6 }]);
      const now = (await including.status()).tables.find(({ table }) => table === 'silver_events');
      expect(now?.version).toBe(silver?.version);
      const late = { id: 'z1', session: 'z', user: 'zoe', agent: BOT, minute: 30 };
      await receiveBytes(including, `${lake.folder}/late.ndjson`, `${lineOf(late)}\n`);
      await including.run({ fullRefresh: false });
      const { checks } = await including.verify();
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
    } finally {
      await including.close();
    }
    await lake.reopen();
    await lake.lake.run({ fullRefresh: false });
    expect(await lake.rows('SELECT sessions, bot_sessions FROM gold_conversion_metrics')).toEqual([
      { sessions: 3, bot_sessions: 4 },
    ]);
    expect(await differences(lake)).toEqual([]);
  });
});
