/** Where sessions come from: links, click ids, referrers, and channels made of them. */
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { builtInSites } from '../../src/config/sites.ts';
import { CHANNELS } from '../../src/contract/sites.ts';
import { channelOf } from '../../src/verify/channel.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { casesOfOneLake } from './cases-of-one-lake.ts';
import type { Sent } from './gold-support.ts';
import type { TestLake } from './lake-support.ts';

type Channel = [source: string, medium: string, campaign: string, channel: string];

/** At least one for each channel, and those where the order of the rules or the form of a name decides. */
const CASES: Channel[] = [
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
  ['de.search.yahoo.com', 'referral', '', 'Organic Search'],
  ['search.yahoo.co.jp', 'referral', '', 'Organic Search'],
  ['search.aol.com', 'referral', '', 'Organic Search'],
  ['images.google.com', 'referral', '', 'Organic Search'],
  ['finance.yahoo.com', 'referral', '', 'Referral'],
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

const cases = casesOfOneLake((settings) => {
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

async function expectChannels(rows: TestLake['rows'], channels: readonly Channel[]): Promise<void> {
  const values = channels.map((each) => `(${each.map((text) => `'${text}'`).join(', ')})`);
  expect(
    await rows(
      `SELECT source, medium, campaign, traffic_channel(source, medium, campaign, site_kind(source)) AS channel
       FROM (VALUES ${values.join(', ')}) AS c(source, medium, campaign, expected)`,
    ),
  ).toEqual(
    channels.map(([source, medium, campaign, channel]) => ({ source, medium, campaign, channel })),
  );
  const sites = builtInSites();
  expect(
    channels.map(([source, medium, campaign]) => channelOf(source, medium, campaign, sites)),
  ).toEqual(channels.map(([, , , channel]) => channel));
}

describe('the channel', () => {
  cases.it('follows the rules in their order', [], async ({ rows }) => {
    expect(new Set(CASES.map(([, , , channel]) => channel))).toEqual(new Set(CHANNELS));
    await expectChannels(rows, CASES);
  });

  if (hasShared) {
    cases.it('is that of the shared cases of Google Analytics 4', [], async ({ rows }) => {
      const text = readFileSync(sharedPath('samples/channels.json'), 'utf8');
      const shared = JSON.parse(text) as Record<string, string>[];
      expect(shared.length).toBeGreaterThan(20);
      const small = (each: string | undefined) => (each ?? '').toLowerCase();
      await expectChannels(
        rows,
        shared.map(({ source, medium, campaign, channel }) => [
          ...([small(source), small(medium), small(campaign)] as const),
          channel ?? '',
        ]),
      );
    });
  }
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
  for (const [where, event, expected] of [
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
      'a search engine on a subdomain of a portal',
      visit(HOME, 'https://de.search.yahoo.com/'),
      ['/', 'yahoo', 'organic', null, 'Organic Search'],
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
  ] as [string, Sent, unknown[]][]) {
    cases.it(`comes from ${where}`, [[event]], async ({ rows }) => {
      const [row] = await rows(PLACE);
      expect(Object.values(row!)).toEqual(expected);
    });
  }

  const same = { session: 's', user: 'u' };
  const late = [
    [visit(`${HOME}q`, 'https://t.co/x', same)],
    [visit(`${HOME}p`, 'https://www.bing.com/', same)],
  ];
  cases.it('comes from where its first event says', late, async ({ rows }) => {
    expect(await rows(PLACE)).toMatchObject([{ source: 't.co' }]);
  });

  const first = visit(`${HOME}first`, 'https://www.bing.com/', same);
  cases.it(
    'comes from where its first event says, whenever that arrives',
    [...late, [{ ...first, at: '2026-01-05T09:00:00Z' }]],
    async ({ rows }) => {
      expect(await rows(PLACE)).toMatchObject([
        { source: 'bing', channel: 'Organic Search', landing_page: '/first' },
      ]);
    },
  );

  cases.it(
    'takes sites of the configuration',
    [[visit(HOME, 'https://www.suche.example/'), visit(HOME, 'https://shop-checkout.example/')]],
    async ({ rows }) => {
      expect(await rows(`${PLACE} ORDER BY session_id`)).toMatchObject([
        { source: 'suche.example', channel: 'Organic Search' },
        { source: '(direct)', channel: 'Direct' },
      ]);
    },
  );
});

const ad = `${HOME}?utm_source=google&utm_medium=cpc&utm_campaign=Brand`;

cases.it(
  'sums sessions, visitors and orders by channel, and follows what changes',
  [
    [visit(ad, undefined, { user: 'a' }), visit(ad, undefined, { user: 'a' }), visit(HOME)],
    [visit(ad, undefined, { user: 'b', type: 'purchase', order_id: 'o', order_value: 20 })],
  ],
  async ({ rows }) => {
    expect(
      await rows(
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
  },
);

describe('an order', () => {
  const at = (day: string, page: string, more: Partial<Sent> = {}): Sent => ({
    ...visit(page, undefined, { user: 'u', ...more }),
    at: `${day}T10:00:00Z`,
  });
  const mail = `${HOME}?utm_source=news&utm_medium=email`;
  const deliveries = [
    [at('2025-12-01', ad), at('2025-12-20', mail), at('2025-12-25', HOME)],
    [
      at('2026-01-02', HOME, { type: 'purchase', order_id: 'late', order_value: 1 }),
      at('2025-12-31', HOME, { type: 'purchase', order_id: 'in time', order_value: 1 }),
      at('2026-01-02', HOME, { user: 'v', type: 'purchase', order_id: 'other' }),
    ],
  ];
  const CHANNELS_OF_ORDERS =
    'SELECT order_id, first_channel, last_non_direct_channel FROM gold_orders ORDER BY 1';
  cases.it(
    'has the first and the last known channel of the thirty days before it',
    deliveries,
    async ({ rows }) => {
      expect(await rows(CHANNELS_OF_ORDERS)).toEqual([
        { order_id: 'in time', first_channel: 'Paid Search', last_non_direct_channel: 'Email' },
        { order_id: 'late', first_channel: 'Email', last_non_direct_channel: 'Email' },
        { order_id: 'other', first_channel: 'Direct', last_non_direct_channel: 'Direct' },
      ]);
    },
  );

  cases.it(
    'has them of a session before it that arrives after it',
    [...deliveries, [at('2025-12-15', `${HOME}?utm_source=x&utm_medium=affiliate`)]],
    async ({ rows }) => {
      expect(await rows(CHANNELS_OF_ORDERS)).toMatchObject([
        { order_id: 'in time', first_channel: 'Paid Search', last_non_direct_channel: 'Email' },
        { order_id: 'late', first_channel: 'Affiliates', last_non_direct_channel: 'Email' },
        { order_id: 'other', first_channel: 'Direct' },
      ]);
    },
  );
});

cases.itIsSameAsRefresh();
