/** Where sessions come from: links, click ids, referrers, and channels made of them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInSites } from '../../src/config/sites.ts';
import { CHANNELS } from '../../src/contract/sites.ts';
import { channelOf } from '../../src/verify/channel.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { deliver, expectSameAsRefresh, lakeOf, type Sent } from './gold-support.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

type Case = [source: string, medium: string, campaign: string, channel: string];

/** At least one for each channel, and those where the order of the rules or the form of a name decides. */
const CASES: Case[] = [
  ['(direct)', '(none)', '', 'Direct'],
  ['(direct)', 'email', '', 'Email'],
  ['google', 'cpc', 'cross-network summer', 'Cross-network'],
  ['idealo.de', 'cpc', '', 'Paid Shopping'],
  ['google', 'cpc', 'spring eshop', 'Paid Shopping'],
  ['google', 'cpc', 'workshop', 'Paid Search'],
  ['google', 'cpc', 'bishop shop', 'Paid Shopping'],
  ['bing', 'ppc', '', 'Paid Search'],
  ['google.co.uk', 'paid', '', 'Paid Search'],
  ['instagram.com', 'paid-social', '', 'Paid Social'],
  ['youtube', 'cpv-cp', '', 'Paid Video'],
  ['news.example', 'banner', '', 'Display'],
  ['news.example', 'cpm', '', 'Display'],
  ['criteo', 'retargeting', '', 'Paid Other'],
  ['amazon.de', 'referral', '', 'Organic Shopping'],
  ['t.co', 'referral', '', 'Organic Social'],
  ['l.facebook.com', 'referral', '', 'Organic Social'],
  ['blog.example', 'social-media', '', 'Organic Social'],
  ['m.youtube.com', 'referral', '', 'Organic Video'],
  ['tv.example', 'videos', '', 'Organic Video'],
  ['google', 'organic', '', 'Organic Search'],
  ['duckduckgo.com', 'referral', '', 'Organic Search'],
  ['mail.google.com', 'referral', '', 'Referral'],
  ['blog.example', 'link', '', 'Referral'],
  ['newsletter', 'e-mail', '', 'Email'],
  ['tradedoubler', 'affiliate', '', 'Affiliates'],
  ['spotify', 'audio', '', 'Audio'],
  ['sms', '(not set)', '', 'SMS'],
  ['app', 'web-push', '', 'Mobile Push Notifications'],
  ['firebase', '(not set)', '', 'Mobile Push Notifications'],
  ['chatgpt.com', '(not set)', '', 'AI Assistants'],
  ['gemini.google.com', 'ai-assistant', '', 'AI Assistants'],
  ['partner', 'flyer', 'winter', 'Unassigned'],
  ['partner\n', 'x\ncpc', 'a\ncross-network', 'Cross-network'],
];

let lake: TestLake;
beforeAll(async () => {
  lake = await openTestLake();
  await lake.receive('any.ndjson', '{}\n');
  await lake.lake.run({ fullRefresh: false });
});
afterAll(() => lake[Symbol.asyncDispose]());

async function expectChannels(cases: readonly Case[]): Promise<void> {
  const values = cases.map((each) => `(${each.map((text) => `'${text}'`).join(', ')})`);
  const rows = await lake.rows(
    `SELECT source, medium, campaign, traffic_channel(source, medium, campaign, site_kind(source)) AS channel
     FROM (VALUES ${values.join(', ')}) AS c(source, medium, campaign, expected)`,
  );
  expect(rows).toEqual(
    cases.map(([source, medium, campaign, channel]) => ({ source, medium, campaign, channel })),
  );
  const sites = builtInSites();
  expect(
    cases.map(([source, medium, campaign]) => channelOf(source, medium, campaign, sites)),
  ).toEqual(cases.map(([, , , channel]) => channel));
}

describe('the channel', () => {
  it('follows the rules in their order', async () => {
    expect(new Set(CASES.map(([, , , channel]) => channel))).toEqual(new Set(CHANNELS));
    await expectChannels(CASES);
  });

  it.skipIf(!hasShared)('is that of the shared cases of Google Analytics 4', async () => {
    const cases = JSON.parse(readFileSync(sharedPath('samples/channels.json'), 'utf8')) as Record<
      string,
      string
    >[];
    expect(cases.length).toBeGreaterThan(20);
    const small = (text: string | undefined) => (text ?? '').toLowerCase();
    await expectChannels(
      cases.map(({ source, medium, campaign, channel }) => [
        ...([small(source), small(medium), small(campaign)] as const),
        channel ?? '',
      ]),
    );
  });
});

const HOME = 'https://www.shop.example/';
let count = 0;

/** A session of its own, or an event of a given one. */
function visit(page_url: string | undefined, referrer?: string, more: Partial<Sent> = {}): Sent {
  count += 1;
  const id = `e${String(count).padStart(3, '0')}`;
  const at = `2026-01-05T10:${String(count).padStart(2, '0')}:00Z`;
  return { id, at, session: id, user: id, page_url, referrer, ...more };
}

const PLACE = 'SELECT landing_page, source, medium, campaign, channel FROM gold_sessions';

describe('a session', () => {
  it.each<[string, Sent, unknown[]]>([
    [
      'a link with campaign fields, whatever its referrer is',
      visit(
        `${HOME}p/1?utm_source=News&utm_medium=E-Mail&utm_campaign=Spring%20Sale`,
        'https://mail.google.com/',
      ),
      ['/p/1', 'news', 'e-mail', 'Spring Sale', 'Email'],
    ],
    [
      'a click id',
      visit(`${HOME}?gclid=abc`, 'https://www.google.com/'),
      ['/', 'google', 'cpc', null, 'Paid Search'],
    ],
    [
      'a click id that is on every link of its site',
      visit(`${HOME}?fbclid=abc`),
      ['/', 'facebook', 'social', null, 'Organic Social'],
    ],
    [
      'a search engine of any country',
      visit(HOME, 'https://www.google.co.uk/url?q=x'),
      ['/', 'google', 'organic', null, 'Organic Search'],
    ],
    [
      'an app that searches',
      visit(HOME, 'android-app://com.google.android.googlequicksearchbox/https/www.google.com'),
      ['/', 'com.google.android.googlequicksearchbox', 'organic', null, 'Organic Search'],
    ],
    [
      'an assistant',
      visit(HOME, 'https://chatgpt.com/'),
      ['/', 'chatgpt.com', 'ai-assistant', null, 'AI Assistants'],
    ],
    [
      'another site',
      visit(`${HOME}a/b/?x=1#y`, 'https://WWW.Blog.example:8080/post'),
      ['/a/b/', 'blog.example', 'referral', null, 'Referral'],
    ],
    [
      'a site whose address names a user',
      visit(HOME, 'https://user:a@b@News.example:8080/x'),
      ['/', 'news.example', 'referral', null, 'Referral'],
    ],
    [
      'a site without a name',
      visit(HOME, 'http://[2001:DB8::1]:80/x'),
      ['/', '[2001:db8::1]', 'referral', null, 'Referral'],
    ],
    [
      'no site, but a user',
      visit(HOME, 'https://user@/x'),
      ['/', '(direct)', '(none)', null, 'Direct'],
    ],
    [
      'the shop itself, which is nowhere',
      visit(`${HOME}basket`, 'https://shop.example/p/1'),
      ['/basket', '(direct)', '(none)', null, 'Direct'],
    ],
    [
      'a payment provider, which is nowhere',
      visit(`${HOME}thanks`, 'https://www.paypal.com/checkout'),
      ['/thanks', '(direct)', '(none)', null, 'Direct'],
    ],
    ['nowhere, without a page', visit(undefined), [null, '(direct)', '(none)', null, 'Direct']],
  ])('comes from %s', async (_, event, expected) => {
    await using own = await lakeOf([[event]]);
    const [row] = await own.rows(PLACE);
    expect(Object.values(row!)).toEqual(expected);
  });

  it('comes from where its first event says, whenever that arrives', async () => {
    const same = { session: 's', user: 'u' };
    await using own = await lakeOf([[visit(`${HOME}q`, 'https://t.co/x', same)]]);
    await deliver(own, [visit(`${HOME}p`, 'https://www.bing.com/', same)]);
    expect(await own.rows(PLACE)).toMatchObject([{ source: 't.co' }]);
    const earlier = {
      ...visit(`${HOME}first`, 'https://www.bing.com/', same),
      at: '2026-01-05T09:00:00Z',
    };
    await deliver(own, [earlier]);
    expect(await own.rows(PLACE)).toMatchObject([
      { source: 'bing', channel: 'Organic Search', landing_page: '/first' },
    ]);
    await expectSameAsRefresh(own);
  });

  it('takes sites of the configuration', async () => {
    const events = [
      visit(HOME, 'https://www.suche.example/'),
      visit(HOME, 'https://shop-checkout.example/'),
    ];
    await using own = await lakeOf([events], (settings) => {
      const sites = builtInSites();
      return {
        ...settings,
        sites: {
          ...sites,
          search: [...sites.search, 'suche.example'],
          own: ['shop-checkout.example'],
        },
      };
    });
    expect(await own.rows(`${PLACE} ORDER BY session_id`)).toMatchObject([
      { source: 'suche.example', channel: 'Organic Search' },
      { source: '(direct)', channel: 'Direct' },
    ]);
  });
});

it('sums sessions, visitors and orders by channel, and follows what changes', async () => {
  const ad = `${HOME}?utm_source=google&utm_medium=cpc&utm_campaign=Brand`;
  await using own = await lakeOf([
    [visit(ad, undefined, { user: 'a' }), visit(ad, undefined, { user: 'a' }), visit(HOME)],
    [visit(ad, undefined, { user: 'b', type: 'purchase', order_id: 'o', order_value: 20 })],
  ]);
  expect(
    await own.rows(
      `SELECT channel, source, medium, campaign, sessions, visitors, orders, revenue
       FROM gold_channels ORDER BY sessions`,
    ),
  ).toEqual([
    {
      ...{ channel: 'Direct', source: '(direct)', medium: '(none)', campaign: null },
      ...{ sessions: 1, visitors: 1, orders: 0, revenue: '0.00' },
    },
    {
      ...{ channel: 'Paid Search', source: 'google', medium: 'cpc', campaign: 'Brand' },
      ...{ sessions: 3, visitors: 2, orders: 1, revenue: '20.00' },
    },
  ]);
  await expectSameAsRefresh(own);
});

it('gives an order the first and the last known channel of the thirty days before it', async () => {
  const at = (day: string, page: string, more: Partial<Sent> = {}): Sent => ({
    ...visit(page, undefined, { user: 'u', ...more }),
    at: `${day}T10:00:00Z`,
  });
  const ad = `${HOME}?utm_source=google&utm_medium=cpc`;
  const mail = `${HOME}?utm_source=news&utm_medium=email`;
  await using own = await lakeOf([
    [at('2025-12-01', ad), at('2025-12-20', mail), at('2025-12-25', HOME)],
    [
      at('2026-01-02', HOME, { type: 'purchase', order_id: 'late', order_value: 1 }),
      at('2025-12-31', HOME, { type: 'purchase', order_id: 'in time', order_value: 1 }),
      { ...at('2026-01-02', HOME, { type: 'purchase', order_id: 'other' }), user: 'v' },
    ],
  ]);
  const CHANNELS_OF_ORDERS =
    'SELECT order_id, first_channel, last_non_direct_channel FROM gold_orders ORDER BY 1';
  expect(await own.rows(CHANNELS_OF_ORDERS)).toEqual([
    { order_id: 'in time', first_channel: 'Paid Search', last_non_direct_channel: 'Email' },
    { order_id: 'late', first_channel: 'Email', last_non_direct_channel: 'Email' },
    { order_id: 'other', first_channel: 'Direct', last_non_direct_channel: 'Direct' },
  ]);
  // A session that arrives late changes the orders after it.
  await deliver(own, [at('2025-12-15', `${HOME}?utm_source=x&utm_medium=affiliate`)]);
  expect(await own.rows(CHANNELS_OF_ORDERS)).toMatchObject([
    { order_id: 'in time', first_channel: 'Paid Search', last_non_direct_channel: 'Email' },
    { order_id: 'late', first_channel: 'Affiliates', last_non_direct_channel: 'Email' },
    { order_id: 'other', first_channel: 'Direct' },
  ]);
  await expectSameAsRefresh(own);
});
