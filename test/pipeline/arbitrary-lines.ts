/** Random deliveries from a small pool of ids, so that everything collides with everything. */
import fc from 'fast-check';
import type { GoldRules } from '../../src/contract/gold-rules.ts';
import { NO_SITES } from '../../src/contract/sites.ts';

const DAY_MS = 86_400_000;
/** Clocks in Berlin go back an hour on the second day, and in Fiji days begin at noon UTC. */
const BASE = Date.UTC(2025, 9, 25);

/** One of three contents of one of a dozen events; equal arguments give equal content. */
function contentOf(id: number, variant: number): Record<string, unknown> {
  // Eleven: of a number that 7 or 13 divides only some would be drawn.
  const types = [
    ...['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase', 'search', 'refund'],
    ...['purchase', 'product_view', 'add_to_cart', 'purchase'],
  ];
  const mix = id * 7 + variant * 13;
  const type = types[mix % types.length] as string;
  // Ties in time, sessions across midnight, conflicting ids on the same and on other dates.
  const minutes = [0, 1, 1, 719, 721, 722, 1439, 1441][mix % 8] as number;
  const time =
    BASE + (id % 3) * DAY_MS + (variant === 2 ? DAY_MS : 0) + minutes * 60_000 + (mix % 3);
  return {
    event_id: `e${id}`,
    ...identityOf(id, variant),
    event_type: type,
    product_id: hasProduct(type, mix) ? `p${mix % 3}` : null,
    device: ['mobile', 'desktop', null][mix % 3],
    country: ['DE', null][id % 2],
    ...linkOf(id, mix),
    user_agent: [
      null,
      'curl/8.5.0',
      'Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0',
    ][(id + mix) % 3],
    event_timestamp: new Date(time).toISOString(),
    ...(type === 'purchase'
      ? {
          // Now and then an absurd one, beyond what a column of money holds.
          price: mix % 5 === 4 ? '-9999999999999999.99' : `${(mix % 9) + 0.25}`,
          quantity: [null, 1, 3, 2_147_483_647][mix % 4],
        }
      : {}),
    ...(type === 'purchase' || type === 'refund' ? orderOf(id, mix) : {}),
  };
}

/** Few orders, so that most are told of several times, by purchases and refunds of every form. */
function orderOf(id: number, mix: number): Record<string, string | number | null> {
  return {
    order_id: [null, 'o0', 'o1', 'o2'][(id * 5 + mix) % 4] ?? null,
    order_value: [null, '30.5', null, '-7'][mix % 4] ?? null,
    tax: mix % 3 === 0 ? 1.5 : null,
    shipping: mix % 3 === 1 ? '4.90' : null,
    currency: ['EUR', 'sek', null][id % 3] ?? null,
    product_id: [null, 'p0', 'p1'][mix % 3] ?? null,
    ...(mix % 2 === 0 ? {} : { price: `${(mix % 4) + 0.5}`, quantity: (mix % 3) + 1 }),
  };
}

/** Pages and referrers of every kind, campaigns in the address, in fields, and click ids. */
function linkOf(id: number, mix: number): Record<string, string | null> {
  const tags = [
    '',
    '?utm_source=News&utm_medium=E-Mail&utm_campaign=Spring',
    '?gclid=x',
    '?fbclid=y',
  ];
  return {
    page_url:
      [null, `https://www.shop.example/p/${id % 2}${tags[mix % 5] ?? ''}`, '/path?q'][mix % 3] ??
      null,
    referrer:
      [
        ...[
          null,
          'https://www.google.co.uk/search?q=x',
          'https://shop.example/',
          'https://m.facebook.com',
        ],
        ...['https://pay.example/done', 'android-app://com.app/', 'no address'],
      ][(id + mix) % 7] ?? null,
    ...(mix % 10 === 1 ? { campaign_source: 'google', campaign_medium: 'CPC' } : {}),
  };
}

/** One looks like the id of the session that is derived from the device's first possible event. */
const SESSIONS = ['s0', 's1', `anonymous_id=a0@${BASE * 1000}`, 's3', 'session_id=s3'];

/** Anonymous events, logins, devices of two users, and events without a session id. */
function identityOf(id: number, variant: number): Record<string, string | null> {
  const user = [`u${(id + variant) % 3}`, null, null][id % 3];
  const device = [`a${id % 2}`, null, `a${(id + variant) % 3}`][(id >> 1) % 3];
  const session =
    id % 4 === 0 || (user == null && device == null) ? (SESSIONS[id % 5] ?? null) : null;
  return { user_id: user ?? null, anonymous_id: device ?? null, session_id: session };
}

/** Product views need a product; cart events, checkouts and purchases have one more often than not. */
function hasProduct(type: string, mix: number): boolean {
  if (type === 'page_view' || type === 'search') {
    return false;
  }
  return type === 'product_view' || mix % 5 !== 2;
}

/** Other ways of writing the same event. */
const SPELLINGS: ((content: Record<string, unknown>) => string)[] = [
  (content) => JSON.stringify(content),
  (content) => JSON.stringify(content, null, 1).replaceAll('\n', ' '),
  (content) => JSON.stringify(Object.fromEntries(Object.entries(content).reverse())),
  (content) =>
    JSON.stringify(
      Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null)),
    ),
  (content) =>
    JSON.stringify({
      ...content,
      event_type: ` ${String(content.event_type).toUpperCase()}`,
      event_timestamp: Date.parse(String(content.event_timestamp)),
      extra: [1, { a: 'b' }],
    }),
  (content) => `${JSON.stringify(content)}\r`,
  (content) =>
    JSON.stringify({
      ...content,
      event_timestamp: String(content.event_timestamp).replace('T', ' ').replace('Z', '+00'),
      country: content.country === null ? '  ' : String(content.country).toLowerCase(),
    }),
];

const validLine = fc
  .tuple(fc.nat(11), fc.nat({ max: 5 }), fc.nat(SPELLINGS.length - 1))
  .map(([id, variant, spelling]) => {
    // Mostly the first content: duplicates are more common than conflicts.
    const content = contentOf(id, variant < 3 ? 0 : variant - 3);
    return Buffer.from((SPELLINGS[spelling] as (typeof SPELLINGS)[number])(content));
  });

const brokenLine = fc.oneof(
  validLine.chain((line) => fc.nat(line.length - 1).map((length) => line.subarray(0, length))),
  validLine.map((line) =>
    Buffer.concat([line.subarray(0, 20), Buffer.from([0xff]), line.subarray(20)]),
  ),
  fc.constantFrom(
    ...[
      '[1,2]',
      '3',
      'not json',
      '{"event_id":"x",}',
      '{"a":NaN}',
      '{"event_id":{"a":1}}',
      '{"event_id":"m","user_id":"u","session_id":"s","event_type":"dance","event_timestamp":"2026-01-10T00:00:00Z"}',
      '{"event_id":"m","user_id":"u","session_id":"s","event_type":"search","event_timestamp":"yesterday"}',
      '{"event_id":"m","user_id":"u","session_id":"s","event_type":"search","event_timestamp":"1999-01-10T00:00:00Z"}',
      '{"event_id":"m","user_id":" ","session_id":"s","event_type":"search","event_timestamp":"2026-01-10T00:00:00Z"}',
      '',
      '   ',
    ].map((text) => Buffer.from(text)),
  ),
);

const line = fc.oneof({ weight: 8, arbitrary: validLine }, { weight: 1, arbitrary: brokenLine });

export interface Deliveries {
  /** Lines of each file, in the order of reception. */
  files: Buffer[][];
  /** After which files to run. */
  runsAfter: boolean[];
  /** Every file a batch of its own, or all together. */
  isOneFilePerBatch: boolean;
  rules: GoldRules;
}

/** Dates and currencies are those of the lines; of each currency some days have a rate and others none. */
const money: fc.Arbitrary<GoldRules['money']> = fc.record({
  currency: fc.constantFrom(undefined, 'EUR', 'JPY', 'SEK'),
  assume: fc.constantFrom(undefined, 'EUR', 'SEK'),
  rates: fc.uniqueArray(
    fc.record({
      date: fc.constantFrom('2025-10-24', '2025-10-25', '2025-10-26', '2025-10-27'),
      currency: fc.constantFrom('EUR', 'SEK', 'JPY', 'USD'),
      rate: fc.constantFrom('0.09', '11.125', '0.0057', '1', '0.3333333333', '170.05'),
    }),
    { maxLength: 6, selector: ({ date, currency }) => `${date} ${currency}` },
  ),
});

export const deliveries: fc.Arbitrary<Deliveries> = fc
  .array(fc.tuple(fc.array(line, { maxLength: 25 }), fc.boolean()), { minLength: 1, maxLength: 4 })
  .chain((files) =>
    fc.record({
      files: fc.constant(files.map(([lines]) => lines)),
      runsAfter: fc.constant(files.map(([, runs]) => runs)),
      isOneFilePerBatch: fc.boolean(),
      rules: fc.record({
        skipCheckout: fc.boolean(),
        // Pauses of one minute, and of 700 and more, are in the events.
        sessionTimeoutMinutes: fc.constantFrom(1, 2, 30, 720),
        deriveSessions: fc.constantFrom('missing', 'always'),
        timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Pacific/Fiji', 'America/New_York'),
        bots: fc.constantFrom('exclude', 'include'),
        ignoredOrderIds: fc.constantFrom([], ['o0']),
        money,
        sites: fc.constantFrom(
          { ...NO_SITES, search: ['google.*'], social: ['facebook.com'], ignored: ['pay.example'] },
          { ...NO_SITES, ai: ['facebook.com'], own: ['com.app'] },
        ),
        landingPages: fc.constantFrom([], [{ group: 'Product page', paths: ['*/1', '/p/*'] }]),
      }),
    }),
  );
