/** Sessions of events that came without one: by the time between them, in whatever order they come. */
import { describe, expect, it } from 'vitest';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { type Case, casesOfOneLake } from './cases-of-one-lake.ts';
import {
  changesOf,
  deliver,
  expectSameAsRefresh,
  goldOf,
  lakeOf,
  type Sent,
} from './gold-support.ts';
import type { SettingsChange } from './lake-support.ts';

const cases = casesOfOneLake((settings) => ({
  ...settings,
  sources: {
    test: {
      items: { from: 'items', product_id: 'product_id', price: 'price', quantity: 'quantity' },
    },
  },
}));

const DAY = '2026-01-05T';

/** A view of the visitor's phone at a time of one day. */
function view(id: string, time: string, more: Partial<Sent> = {}): Sent {
  return { id, at: time.includes('T') ? time : `${DAY}${time}Z`, device: 'phone', ...more };
}

/** When each session of a device began and how many events it has, with its number. */
async function sessionsOf({ rows, own }: Case, device = 'phone'): Promise<string[]> {
  const sessions = await rows(
    `SELECT started_at, event_count, session_number, session_id,
       anonymous_id || '@' || unix_micros(started_at) AS named
     FROM gold_sessions WHERE anonymous_id = '${own(device)}' ORDER BY session_number`,
  );
  return sessions.map((row) => {
    expect(row.session_id).toBe(`anonymous_id=${row.named}`);
    return describeSession(row);
  });
}

function describeSession(row: Record<string, unknown>): string {
  const { session_number, event_count, started_at } = row;
  return `${session_number}: ${event_count} from ${String(started_at).slice(11, -1)}`;
}

const withSessions =
  (sessions: { timeoutMinutes: number; derive: 'missing' | 'always' }): SettingsChange =>
  (settings) => ({ ...settings, sessions });

const LATE: Record<string, { events: Sent[]; expected: string[] }> = {
  'joins two sessions': {
    events: [view('x', '10:25:00')],
    expected: ['1: 5 from 10:00:00', '2: 1 from 12:00:00'],
  },
  'joins three, with others of its delivery': {
    events: [view('x', '10:25:00'), view('y', '11:15:00'), view('z', '11:40:00')],
    expected: ['1: 8 from 10:00:00'],
  },
  'lies inside of one and splits it into none': {
    events: [view('x', '10:04:00')],
    expected: ['1: 3 from 10:00:00', '2: 2 from 10:50:00', '3: 1 from 12:00:00'],
  },
  'precedes the first event of one': {
    events: [view('x', '09:45:00')],
    expected: ['1: 3 from 09:45:00', '2: 2 from 10:50:00', '3: 1 from 12:00:00'],
  },
  'precedes them all': {
    events: [view('x', '09:00:00')],
    expected: [
      ...['1: 1 from 09:00:00', '2: 2 from 10:00:00', '3: 2 from 10:50:00'],
      '4: 1 from 12:00:00',
    ],
  },
  'is too far from those before and after it': {
    events: [view('x', '11:29:59')],
    expected: [
      ...['1: 2 from 10:00:00', '2: 2 from 10:50:00', '3: 1 from 11:29:59'],
      '4: 1 from 12:00:00',
    ],
  },
};

describe('a late event', () => {
  const first = [view('a', '10:00:00'), view('b', '10:05:00'), view('c', '10:50:00')];
  const second = [view('d', '10:55:00'), view('e', '12:00:00')];
  for (const [what, { events, expected }] of Object.entries(LATE)) {
    cases.it(what, [first, second, events], async (own) => {
      expect(await sessionsOf(own)).toEqual(expected);
    });
  }

  it('changes only what the visitor has, and moves a session from its day', async () => {
    await using lake = await lakeOf([
      [
        view('a', '2026-01-06T00:10:00Z'),
        view('b', '2026-01-06T00:15:00Z'),
        view('c', '2026-01-06T00:10:00Z', { device: 'other' }),
      ],
    ]);
    const before = await goldOf(lake);
    await deliver(lake, [view('x', '2026-01-05T23:45:00Z')]);
    const { gold_sessions, gold_users, gold_conversion_metrics } = changesOf(
      before,
      await goldOf(lake),
    );
    const session = { session_date: '2026-01-05', event_count: 3, duration_seconds: '1800.000' };
    expect(gold_sessions).toMatchObject({
      gone: [{ session_date: '2026-01-06', event_count: 2 }],
      come: [session],
    });
    expect(gold_users?.come).toMatchObject([{ visitor_id: 'phone', session_count: 1 }]);
    expect(gold_conversion_metrics?.come).toMatchObject([
      { date: '2026-01-05', sessions: 1, page_views: 1 },
      { date: '2026-01-06', sessions: 1, page_views: 3 },
    ]);
    await expectSameAsRefresh(lake);
  });
});

describe('a pause', () => {
  const atTimeout = [
    view('a', '10:00:00.000000'),
    view('b', '10:29:59.999999'),
    view('c', '10:59:59.999999'),
    view('d', '11:29:59.999998'),
  ];
  for (const [how, deliveries] of [
    ['all at once', [atTimeout]],
    ['one after the other', atTimeout.map((event) => [event])],
    ['the last first', atTimeout.toReversed().map((event) => [event])],
  ] as const) {
    cases.it(
      `of exactly the timeout ends a session, and one of a microsecond less does not, ${how}`,
      deliveries,
      async (own) => {
        expect(await sessionsOf(own)).toEqual(['1: 2 from 10:00:00', '2: 2 from 10:59:59.999999']);
      },
    );
  }

  cases.it(
    'counts from the last event of the session, not from that which came last',
    [
      [view('a', '10:00:00'), view('b', '10:20:00')],
      [view('c', '10:10:00')],
      [view('d', '10:45:00')],
    ],
    async (own) => {
      expect(await sessionsOf(own)).toEqual(['1: 4 from 10:00:00']);
    },
  );

  cases.it(
    'is none at midnight, nor where clocks are changed',
    [
      [
        view('a', '2025-12-31T23:50:00Z'),
        view('b', '2026-01-01T00:10:00Z'),
        // In Berlin two to three o'clock is left out, then comes twice.
        view('c', '2025-03-30T01:50:00+01:00'),
        view('d', '2025-03-30T03:10:00+02:00'),
        view('e', '2025-10-26T02:50:00+02:00'),
        view('f', '2025-10-26T02:10:00+01:00'),
        view('g', '2025-10-26T02:50:00+01:00'),
      ],
    ],
    async ({ rows }) => {
      expect(
        await rows(
          'SELECT session_date AS d, event_count AS n FROM gold_sessions ORDER BY started_at',
        ),
      ).toEqual([
        { d: '2025-03-30', n: 2 },
        { d: '2025-10-26', n: 2 },
        { d: '2025-10-26', n: 1 },
        { d: '2025-12-31', n: 2 },
      ]);
    },
  );
});

describe('a derived session', () => {
  const at = (id: string, country: string) => view(id, '10:00:00', { country });
  cases.it(
    'has all events of one instant, with the first by id as its first',
    [
      [at('b', 'FR'), at('c', 'IT')],
      [at('d', 'ES'), at('a', 'DE')],
    ],
    async ({ rows }) => {
      expect(await rows('SELECT event_count, country, is_engaged FROM gold_sessions')).toEqual([
        { event_count: 4, country: 'DE', is_engaged: true },
      ]);
    },
  );

  cases.it(
    'belongs to the device where one was sent, else to the user, and never of both',
    [
      [
        view('a', '10:00:00'),
        view('b', '10:01:00', { user: 'ada' }),
        view('c', '10:02:00', { user: 'ada', device: undefined }),
        view('d', '10:03:00', { user: 'bob', device: undefined }),
        // Ids that would be one if they were put together without their kind.
        view('e', '10:04:00', { device: 'ada' }),
      ],
    ],
    async ({ rows }) => {
      expect(
        await rows(
          `SELECT derived_from, visitor_id, event_count FROM gold_sessions ORDER BY started_at`,
        ),
      ).toEqual([
        { derived_from: 'anonymous_id=phone', visitor_id: 'ada', event_count: 2 },
        { derived_from: 'user_id=ada', visitor_id: 'ada', event_count: 1 },
        { derived_from: 'user_id=bob', visitor_id: 'bob', event_count: 1 },
        { derived_from: 'anonymous_id=ada', visitor_id: 'ada', event_count: 1 },
      ]);
    },
  );

  const someSent = [
    [view('a', '10:00:00', { session: 's' }), view('b', '10:05:00')],
    [view('c', '10:10:00', { session: 's' }), view('d', '10:15:00', { session: 't' })],
    [view('e', '10:20:00', { device: undefined, session: 'no consent' })],
    [view('f', '11:00:00', { device: undefined, session: 'no consent' })],
  ];
  const sessions = `SELECT regexp_replace(session_id, '@.*', '') AS id, event_count AS n FROM gold_sessions ORDER BY started_at, session_id`;
  cases.it('leaves events with a session id to it', someSent, async ({ rows }) => {
    expect(await rows(sessions)).toEqual([
      { id: 's', n: 2 },
      { id: 'anonymous_id=phone', n: 1 },
      { id: 't', n: 1 },
      { id: 'no consent', n: 2 },
    ]);
  });

  it('takes them too if every session is derived', async () => {
    await using lake = await lakeOf(
      [someSent.slice(0, 2).flat(), someSent.slice(2).flat()],
      withSessions({ timeoutMinutes: 30, derive: 'always' }),
    );
    expect(await lake.rows(sessions)).toEqual([
      { id: 'anonymous_id=phone', n: 4 },
      { id: 'session_id=no consent', n: 1 },
      { id: 'session_id=no consent', n: 1 },
    ]);
    await expectSameAsRefresh(lake);
  });

  const refund = (id: string, time: string, more: Partial<Sent> = {}) =>
    view(id, time, { type: 'refund', ...more });
  cases.it(
    'has no refunds, which join nothing and are no session',
    [
      [view('a', '10:00:00'), view('b', '10:40:00')],
      [refund('c', '10:20:00'), refund('d', '12:00:00', { session: 'of the back office' })],
    ],
    async (own) => {
      expect(await sessionsOf(own)).toEqual(['1: 1 from 10:00:00', '2: 1 from 10:40:00']);
    },
  );

  const items = [
    { product_id: 'p', price: 2, quantity: 3 },
    { product_id: 'q', price: 1 },
  ];
  for (const [which, session] of [
    ['a derived session', undefined],
    ['one with a session id', 'sent'],
  ] as const) {
    cases.it(
      `counts the products that its events list: ${which}`,
      [
        [view('a', '10:00:00', { session, type: 'product_view', product_id: 'r' })],
        [view('b', '10:01:00', { session, type: 'purchase', items })],
      ],
      async ({ rows }) => {
        expect(
          await rows('SELECT revenue, product_count, purchase_count FROM gold_sessions'),
        ).toEqual([{ revenue: '7.00', product_count: 3, purchase_count: 1 }]);
      },
    );
  }
});

cases.itIsSameAsRefresh();

it('other settings compute Gold again, and leave Silver as it is', async () => {
  await using lake = await lakeOf([
    [view('a', '10:00:00', { session: 's' }), view('b', '10:20:00'), view('c', '11:10:00')],
  ]);
  for (const [sessions, expected] of [
    [{ timeoutMinutes: 51, derive: 'missing' }, ['1: 1 from 10:00:00', '2: 2 from 10:20:00']],
    [{ timeoutMinutes: 51, derive: 'always' }, ['1: 3 from 10:00:00']],
    [
      { timeoutMinutes: 20, derive: 'always' },
      ['1: 1 from 10:00:00', '2: 1 from 10:20:00', '3: 1 from 11:10:00'],
    ],
  ] as const) {
    lake.settings.sessions = { ...sessions };
    await lake.reopen();
    const { tablesWritten, lines } = await lake.lake.run({ fullRefresh: false });
    expect(lines).toBe(0);
    expect(tablesWritten.map(({ table }) => table)).toContain('gold_sessions');
    expect(tablesWritten.filter(({ table }) => !table.startsWith('gold_'))).toEqual([]);
    const rows = await lake.rows(
      'SELECT session_number, event_count, started_at FROM gold_sessions ORDER BY started_at',
    );
    expect(rows.map(describeSession)).toEqual(expected);
    // And nothing more, once it is done.
    expect((await lake.lake.run({ fullRefresh: false })).tablesWritten).toEqual([]);
  }
  await expectSameAsRefresh(lake);
});

it('a robot of very many events is one visitor among others, and so is what it adds', async () => {
  const perSession = IS_LONG ? 1000 : 100;
  const start = Date.UTC(2025, 11, 1);
  // Ten seconds apart, with a pause of the timeout after each session.
  const timeOf = (index: number): number =>
    start + index * 10_000 + Math.floor(index / perSession) * 1_800_000;
  const viewAt = (id: string, timeMs: number) => view(id, new Date(timeMs).toISOString());
  const events = Array.from({ length: 100 * perSession }, (_, index) =>
    viewAt(`e${index}`, timeOf(index)),
  );
  const late = Array.from({ length: 100 }, (_, index) =>
    viewAt(`late${index}`, timeOf((index + 1) * perSession - 1) + 900_000),
  );
  await using lake = await lakeOf([events]);
  const counts = `SELECT count(*) AS sessions, CAST(sum(event_count) AS INT) AS events,
    max(session_number) AS last FROM gold_sessions`;
  expect(await lake.rows(counts)).toEqual([{ sessions: 100, events: events.length, last: 100 }]);
  await deliver(lake, late.slice(0, 50));
  expect(await lake.rows(counts)).toEqual([{ sessions: 50, events: events.length + 50, last: 50 }]);
  await deliver(lake, late.slice(50));
  expect(await lake.rows(counts)).toEqual([{ sessions: 1, events: events.length + 100, last: 1 }]);
});

it('keeps a sent session id that looks like that of a derived session apart', async () => {
  const micros = Date.parse(`${DAY}10:00:00Z`) * 1000;
  const looksDerived = `anonymous_id=phone@${micros}`;
  await using lake = await lakeOf([
    [view('a', '10:00:00')],
    [view('b', '10:01:00', { session: looksDerived })],
    [view('c', '10:02:00'), view('d', '10:03:00', { session: `session_id=${looksDerived}` })],
  ]);
  expect(
    await lake.rows('SELECT session_id, event_count FROM gold_sessions ORDER BY 2 DESC, 1'),
  ).toEqual([
    { session_id: looksDerived, event_count: 2 },
    { session_id: `session_id=${looksDerived}`, event_count: 1 },
    { session_id: `session_id=session_id=${looksDerived}`, event_count: 1 },
  ]);
  await expectSameAsRefresh(lake);
});
