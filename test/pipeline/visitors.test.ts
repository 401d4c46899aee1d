/** Who a session is counted for, and what a login changes of it. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { stopAfter } from '../fixtures/stopping-storage.ts';
import { casesOfOneLake } from './cases-of-one-lake.ts';
import {
  changesOf,
  deliver,
  expectSameAsRefresh,
  goldOf,
  lakeOf,
  linesOf,
  type Sent,
} from './gold-support.ts';
import {
  openDisposable,
  openTestLake,
  receiveBytes,
  settingsFor,
  type TestLake,
} from './lake-support.ts';

const cases = casesOfOneLake();

async function visitorsOf(rows: TestLake['rows']): Promise<Record<string, unknown>> {
  const sessions = await rows('SELECT session_id, visitor_id, session_number FROM gold_sessions');
  return Object.fromEntries(
    sessions.map((row) => [row.session_id, `${row.visitor_id} ${row.session_number}`]),
  );
}

describe('a login', () => {
  it('a month late changes the visitor of earlier sessions of that device, and nothing else', async () => {
    await using lake = await lakeOf([
      [
        { id: 'a1', at: '2025-12-01T10:00:00Z', device: 'phone', session: 'first' },
        { id: 'a2', at: '2025-12-05T10:00:00Z', device: 'phone', session: 'second' },
        { id: 'b1', at: '2025-12-03T10:00:00Z', user: 'ada', device: 'laptop', session: 'known' },
        { id: 'b2', at: '2025-12-05T11:00:00Z', user: 'ada', device: 'laptop', session: 'again' },
        { id: 'c1', at: '2025-12-05T10:00:00Z', device: 'other', session: 'other' },
        { id: 'd1', at: '2025-12-01T10:00:00Z', user: 'bob', session: 'of bob' },
        { id: 'e1', at: '2025-12-05T10:00:00Z', user: 'bob', device: 'phone', session: 'lent' },
        { id: 'e2', at: '2025-12-05T10:00:01Z', user: 'ada', device: 'phone', session: 'back' },
        { id: 'f1', at: '2025-12-01T10:00:00Z', session: 'no consent' },
      ],
      [{ id: 'g0', at: '2025-12-05T10:00:02Z', device: 'phone', session: 'second' }],
    ]);
    // So far the phone is of who logged in on it last.
    expect(await visitorsOf(lake.rows)).toMatchObject({
      first: 'ada 1',
      lent: 'bob 2',
      back: 'ada 4',
    });
    const before = await goldOf(lake);
    await deliver(lake, [
      { id: 'g1', at: '2026-01-05T10:00:00Z', user: 'cem', device: 'phone', session: 'login' },
    ]);
    const changes = changesOf(before, await goldOf(lake));
    const sessions = (rows: Record<string, unknown>[] = []) =>
      rows.map((row) => `${row.session_id}: ${row.visitor_id} ${row.session_number}`).toSorted();
    expect(sessions(changes.gold_sessions?.gone)).toEqual([
      ...['again: ada 5', 'back: ada 4', 'first: ada 1', 'known: ada 2', 'second: ada 3'],
    ]);
    expect(sessions(changes.gold_sessions?.come)).toEqual([
      ...['again: ada 3', 'back: ada 2', 'first: cem 1', 'known: ada 1', 'login: cem 3'],
      'second: cem 2',
    ]);
    expect(changes.gold_users).toMatchObject({
      gone: [{ visitor_id: 'ada', session_count: 5, event_count: 6 }],
      come: [
        { visitor_id: 'ada', session_count: 3, event_count: 3 },
        { visitor_id: 'cem', session_count: 3, event_count: 4 },
      ],
    });
    expect(changes.gold_identities).toMatchObject({
      gone: [{ anonymous_id: 'phone', user_id: 'ada', last_seen_at: '2025-12-05T10:00:02Z' }],
      come: [{ anonymous_id: 'phone', user_id: 'cem', last_seen_at: '2026-01-05T10:00:00Z' }],
    });
    expect(changes.gold_conversion_metrics).toMatchObject({
      gone: [{ date: '2025-12-05', visitors: 3, sessions: 5 }],
      come: [
        { date: '2025-12-05', visitors: 4, sessions: 5 },
        { date: '2026-01-05', visitors: 1, sessions: 1 },
      ],
    });
    // Only the login's own day is new elsewhere.
    for (const table of ['gold_event_metrics', 'gold_funnel']) {
      expect(changes[table]?.gone, table).toEqual([]);
      expect(changes[table]?.come, table).toHaveLength(1);
    }
    expect(changes.gold_channels).toMatchObject({
      gone: [{ session_date: '2025-12-05', visitors: 3, sessions: 5 }],
      come: [
        { session_date: '2025-12-05', visitors: 4, sessions: 5 },
        { session_date: '2026-01-05', visitors: 1, sessions: 1 },
      ],
    });
    expect(Object.keys(changes).toSorted()).toEqual([
      ...[
        'gold_channels',
        'gold_cohorts',
        'gold_conversion_metrics',
        'gold_event_metrics',
        'gold_funnel',
        'gold_identities',
      ],
      ...['gold_sessions', 'gold_users'],
    ]);
    await expectSameAsRefresh(lake);
  });

  cases.it(
    'half-way makes one whole session, which the customer has',
    [
      [
        { id: '1', at: '2026-01-05T10:00:00Z', device: 'phone' },
        { id: '2', at: '2026-01-05T10:01:00Z', device: 'phone', user: 'ada' },
        { id: '3', at: '2026-01-05T10:02:00Z', device: 'phone', user: 'ada', type: 'purchase' },
      ],
    ],
    async ({ rows }) => {
      expect(await rows('SELECT visitor_id, event_count FROM gold_sessions')).toEqual([
        { visitor_id: 'ada', event_count: 3 },
      ]);
      expect(await rows('SELECT visitor_id, order_count FROM gold_users')).toEqual([
        { visitor_id: 'ada', order_count: 1 },
      ]);
    },
  );

  for (const [when, at, id] of [
    ['earlier', '2026-01-04T10:00:00Z', 'z'],
    ['of the same instant but of an id before it', '2026-01-05T10:00:00Z', 'Z'],
  ] as const) {
    cases.it(
      `${when} than one that arrived before it links nothing`,
      [
        [
          { id: 'a', at: '2026-01-03T10:00:00Z', device: 'phone', session: 'anonymous' },
          { id: 'm', at: '2026-01-05T10:00:00Z', device: 'phone', user: 'ada', session: 'of ada' },
        ],
        [{ id, at, device: 'phone', user: 'bob', session: 'of bob' }],
      ],
      async ({ rows }) => {
        expect(await visitorsOf(rows)).toEqual({
          anonymous: 'ada 1',
          'of ada': 'ada 2',
          'of bob': 'bob 1',
        });
        expect(await rows('SELECT user_id, identified_by FROM gold_identities')).toEqual([
          { user_id: 'ada', identified_by: 'm' },
        ]);
      },
    );
  }

  cases.it(
    'earlier in a session than another changes whose it is, and leaves nobody behind',
    [
      [{ id: 'b', at: '2026-01-05T10:01:00Z', device: 'phone', user: 'ada', session: 's' }],
      [{ id: 'a', at: '2026-01-05T10:00:00Z', device: 'phone', user: 'bob', session: 's' }],
    ],
    async ({ rows }) => {
      expect(await visitorsOf(rows)).toEqual({ s: 'bob 1' });
      expect(await rows('SELECT visitor_id FROM gold_users')).toEqual([{ visitor_id: 'bob' }]);
      expect(await rows('SELECT user_id FROM gold_identities')).toEqual([{ user_id: 'ada' }]);
    },
  );

  cases.it(
    'in an event without a session, or a refund, links the device too',
    [
      [
        { id: 'a', at: '2026-01-03T10:00:00Z', device: 'phone' },
        { id: 'b', at: '2026-01-03T10:00:00Z', device: 'laptop' },
      ],
      [
        { id: 'c', at: '2026-01-05T10:00:00Z', device: 'phone', user: 'ada' },
        { id: 'd', at: '2026-01-05T10:00:00Z', device: 'laptop', user: 'bob', type: 'refund' },
      ],
    ],
    async ({ rows }) => {
      expect(
        await rows('SELECT visitor_id, session_count FROM gold_users ORDER BY visitor_id'),
      ).toEqual([
        { visitor_id: 'ada', session_count: 2 },
        { visitor_id: 'bob', session_count: 1 },
      ]);
    },
  );
});

describe('a visitor', () => {
  cases.it(
    'has the anonymous sessions of the device on which they logged in last',
    [
      [{ id: '1', at: '2026-01-01T10:00:00Z', device: 'kiosk', session: 'before' }],
      [{ id: '2', at: '2026-01-02T10:00:00Z', device: 'kiosk', user: 'ada', session: 'of ada' }],
      [{ id: '3', at: '2026-01-03T10:00:00Z', device: 'kiosk', session: 'between' }],
      [{ id: '4', at: '2026-01-04T10:00:00Z', device: 'kiosk', user: 'bob', session: 'of bob' }],
      [{ id: '5', at: '2026-01-05T10:00:00Z', device: 'kiosk', session: 'after' }],
    ],
    async ({ rows }) => {
      expect(await visitorsOf(rows)).toEqual({
        ...{ 'of ada': 'ada 1' },
        ...{ before: 'bob 1', between: 'bob 2', 'of bob': 'bob 3', after: 'bob 4' },
      });
    },
  );

  const devices = ['phone', 'laptop', 'tablet', 'watch'];
  const anonymous = devices.map((device, index) => {
    return { id: `a${index}`, at: `2026-01-0${index + 1}T10:00:00Z`, device };
  });
  // The logins come in another order.
  const logins = devices.toReversed().map((device, index): Sent[] => {
    return [{ id: `b${index}`, at: `2026-01-0${index + 5}T10:00:00Z`, device, user: 'ada' }];
  });
  cases.it(
    'is one on many devices, numbered across them',
    [anonymous, ...logins],
    async ({ rows }) => {
      expect(await rows('SELECT visitor_id, session_count FROM gold_users')).toEqual([
        { visitor_id: 'ada', session_count: 8 },
      ]);
      expect(
        await rows('SELECT anonymous_id AS d FROM gold_sessions ORDER BY session_number'),
      ).toEqual([...devices, ...devices.toReversed()].map((d) => ({ d })));
    },
  );

  const events = Array.from({ length: 40 }, (_, index): Sent => {
    return { id: `e${index}`, at: `2026-01-05T10:00:${10 + index}Z`, session: `s${index % 20}` };
  });
  cases.it(
    'without consent is one for each session, never one of all',
    [events.slice(0, 30), events.slice(30)],
    async ({ rows }) => {
      expect(
        await rows(
          `SELECT count(*) AS visitors, max(session_count) AS sessions, max(event_count) AS events
         FROM gold_users`,
        ),
      ).toEqual([{ visitors: 20, sessions: 1, events: 2 }]);
      expect(await rows('SELECT * FROM gold_identities')).toEqual([]);
      expect(await rows('SELECT visitors FROM gold_conversion_metrics')).toEqual([
        { visitors: 20 },
      ]);
    },
  );

  cases.it(
    'does not get the sessions of users when their device is lent',
    [
      [
        { id: '1', at: '2026-01-01T10:00:00Z', device: 'a', session: 's' },
        { id: '2', at: '2026-01-01T10:01:00Z', device: 'b', session: 's' },
      ],
      // The second device of a session says nothing of whose it is.
      [{ id: '3', at: '2026-01-02T10:00:00Z', device: 'b', user: 'bob', session: 't' }],
      [{ id: '4', at: '2026-01-03T10:00:00Z', device: 'a', user: 'ada', session: 'u' }],
      // An earlier event of the session makes another device its first.
      [{ id: '0', at: '2026-01-01T09:59:00Z', device: 'b', session: 's' }],
    ],
    async ({ rows }) => {
      expect(await visitorsOf(rows)).toEqual({ s: 'bob 1', t: 'bob 2', u: 'ada 1' });
    },
  );
});

cases.itIsSameAsRefresh();

it('a run killed after the devices and before the sessions is finished by the next one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-logins-'));
  let copies = 0;
  const open = (path: string, wrapStorage = stopAfter(Infinity).wrap) =>
    openDisposable(settingsFor(path), { now: () => RECEIVED_AT_MS, wrapStorage });
  try {
    const begun = join(folder, 'begun');
    {
      await using lake = await open(begun);
      await receiveBytes(lake, join(folder, '1.ndjson'), linesOf(ANONYMOUS));
      await lake.run({ fullRefresh: false });
      await receiveBytes(lake, join(folder, '2.ndjson'), linesOf(LOGINS));
    }
    const copyOfBegun = async () => {
      copies += 1;
      await cp(begun, join(folder, String(copies)), { recursive: true });
      return join(folder, String(copies));
    };
    const runUntil = async (changeCount: number, then: readonly Sent[]) => {
      const path = await copyOfBegun();
      const stopping = stopAfter(changeCount);
      {
        await using lake = await open(path, stopping.wrap);
        await lake.run({ fullRefresh: false }).catch(() => {});
      }
      await using lake = await open(path);
      if (then.length > 0) {
        await receiveBytes(lake, join(folder, `${copies}-then.ndjson`), linesOf(then));
      }
      await lake.run({ fullRefresh: false });
      const { tables } = await lake.hashTables();
      const gold = tables.filter(({ table }) => table.startsWith('gold_'));
      return { gold: gold.map(({ table, sha256 }) => ({ table, sha256 })), stopping };
    };
    for (const then of IS_LONG ? [[], LATER] : [LATER]) {
      const calm = await runUntil(Infinity, then);
      const commits = calm.stopping.changes.flatMap((change, count) =>
        /put gold\/\w+\/_delta_log\/\d+\.json$/.test(change) ? [count + 1] : [],
      );
      expect(commits.length).toBeGreaterThan(5);
      const identities = commits.find((count) =>
        calm.stopping.changes[count - 1]?.includes('gold/identities/'),
      );
      expect(identities).toBeDefined();
      expect(calm.stopping.changes[(commits.at(-1) ?? 0) - 1]).toContain('gold/sessions');
      // The sessions are the last: what they have not consumed is new to the next run.
      const points = commits.slice(0, -1);
      for (const count of IS_LONG ? points : [identities, points.at(-1)]) {
        expect((await runUntil(count ?? 0, then)).gold, `${count} changes`).toEqual(calm.gold);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const ANONYMOUS: Sent[] = [
  { id: 'a', at: '2025-12-01T10:00:00Z', device: 'phone', session: 's' },
  { id: 'b', at: '2025-12-02T10:00:00Z', device: 'phone' },
  { id: 'c', at: '2025-12-03T10:00:00Z', device: 'laptop' },
  { id: 'd', at: '2025-12-04T10:00:00Z', user: 'ada' },
];
const LOGINS: Sent[] = [
  { id: 'e', at: '2026-01-01T10:00:00Z', device: 'phone', user: 'ada' },
  { id: 'f', at: '2025-12-03T09:59:00Z', device: 'laptop', user: 'bob' },
];
/** Another login on the device of the killed run, one of the same instant, and a session in the past. */
const LATER: Sent[] = [
  { id: 'g', at: '2026-01-02T10:00:00Z', device: 'phone', user: 'cem' },
  { id: 'h', at: '2025-12-03T09:59:00Z', device: 'laptop', user: 'dan' },
  { id: 'i', at: '2025-11-30T10:00:00Z', device: 'phone' },
];

it('a killed run is finished first, whatever has arrived since', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-visitors-'));
  const path = join(folder, 'lake');
  const open = (wrapStorage?: ReturnType<typeof stopAfter>['wrap']) =>
    openDisposable(settingsFor(path), {
      now: () => RECEIVED_AT_MS,
      ...(wrapStorage === undefined ? {} : { wrapStorage }),
    });
  let files = 0;
  const run = async (events: readonly Sent[], wrap?: ReturnType<typeof stopAfter>['wrap']) => {
    files += 1;
    await using lake = await open(wrap);
    await receiveBytes(lake, join(folder, `${files}.ndjson`), linesOf(events));
    await lake.run({ fullRefresh: false });
    return await lake.hashTables();
  };
  const first: Sent[] = [
    { id: 'a', at: '2025-12-01T10:00:00Z', device: 'phone', user: 'ada', session: 'login' },
    { id: 'b', at: '2025-12-02T10:00:00Z', device: 'phone', session: 's' },
    { id: 'c', at: '2025-12-02T10:00:00Z', user: 'bob', session: 'of bob' },
  ];
  // On the second day the phone is bob's, until the run after the killed one gives it back.
  const killed: Sent[] = [
    { id: 'd', at: '2025-12-05T10:00:00Z', device: 'phone', user: 'bob', session: 't' },
  ];
  const back: Sent[] = [
    { id: 'e', at: '2025-12-06T10:00:00Z', device: 'phone', user: 'ada', session: 'u' },
  ];
  try {
    await run(first);
    const counted = stopAfter(Infinity);
    await cp(path, join(folder, 'copy'), { recursive: true });
    await run(killed, counted.wrap);
    const lastCommit = counted.changes.findLastIndex((change) =>
      change.includes('gold/sessions/_delta_log/'),
    );
    await rm(path, { recursive: true });
    await cp(join(folder, 'copy'), path, { recursive: true });
    await expect(run(killed, stopAfter(lastCommit).wrap)).rejects.toThrow();
    const { tables } = await run(back);
    const expected = join(folder, 'expected');
    await using calm = await openDisposable(settingsFor(expected), { now: () => RECEIVED_AT_MS });
    await receiveBytes(calm, join(folder, 'all.ndjson'), linesOf([...first, ...killed, ...back]));
    await calm.run({ fullRefresh: false });
    const gold = ({ table }: { table: string }) => table.startsWith('gold_');
    const hashes = (each: typeof tables) => each.filter(gold).map((t) => [t.table, t.sha256]);
    expect(hashes(tables)).toEqual(hashes((await calm.hashTables()).tables));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('a login reads the events of no other visitor', async () => {
  const readFor = async (otherDays: number) => {
    const opened: string[] = [];
    const hooks = {
      now: () => RECEIVED_AT_MS,
      wrapStorage: (storage: Parameters<ReturnType<typeof stopAfter>['wrap']>[0]) => ({
        ...storage,
        localPath(...args: Parameters<typeof storage.localPath>) {
          opened.push(args[0]);
          return storage.localPath(...args);
        },
      }),
    };
    // The search for conflicting ids would look at every date.
    await using lake = await openTestLake(hooks, (settings) => ({
      ...settings,
      silver: { ...settings.silver, conflictScope: 'date' },
    }));
    const others = Array.from({ length: otherDays }, (_, index): Sent => {
      const at = new Date(RECEIVED_AT_MS - (index + 1) * 86_400_000).toISOString();
      return { id: `o${index}`, at, device: `other ${index % 3}` };
    });
    await deliver(lake, [
      { id: 'a', at: '2025-12-24T10:00:00Z', device: 'phone' },
      { id: 'b', at: '2025-12-31T10:00:00Z', device: 'phone' },
      ...others,
    ]);
    const login = { id: 'c', at: '2026-01-14T10:00:00Z', device: 'phone', user: 'ada' };
    await lake.receive('login.ndjson', linesOf([login]));
    const { reads } = await lake.lake.previewRun({ fullRefresh: false });
    opened.length = 0;
    await lake.lake.run({ fullRefresh: false });
    return {
      engine: lake.settings.engine,
      planned: reads.filter(({ table }) => table.startsWith('silver_')),
      opened: opened.filter((path) => path.startsWith('silver/')),
    };
  };
  const few = await readFor(3);
  const many = await readFor(60);
  const filesOf = ({ planned }: typeof few) => planned.map(({ as, files }) => [as, files]);
  expect(filesOf(many)).toEqual(filesOf(few));
  expect(many.planned.some(({ files, ofFiles }) => 0 < files && files < ofFiles)).toBe(true);
  // Spark opens its files itself.
  expect(few.opened.length > 0).toBe(few.engine === 'duckdb');
  expect(many.opened.length, many.opened.join('\n')).toBe(few.opened.length);
});
