import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openLake } from '../../src/lake/open-lake.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const RECEIVED_AT = Date.UTC(2026, 5, 1);
const TABLES = [
  ['silver_events', 'event_id'],
  ['silver_quarantine', 'reason, raw_text'],
  ['gold_sessions', 'session_id'],
  ['gold_users', 'visitor_id'],
  ['gold_conversion_metrics', 'date'],
  ['gold_event_metrics', 'date, event_type, device, country'],
  ['gold_funnel', 'session_date, device, country'],
  ['gold_products', 'date, product_id'],
] as const;

type Line = Record<string, unknown>;

/** An event of the given id, second and session, with what else it needs. */
function event(id: string, time: string, session: string, more: Line = {}): Line {
  return {
    event_id: id,
    user_id: 'u1',
    session_id: session,
    event_type: 'page_view',
    event_timestamp: time,
    ...more,
  };
}

async function receive(lake: TestLake, name: string, lines: readonly Line[]): Promise<void> {
  await lake.receive(name, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
}

async function content(lake: TestLake): Promise<Record<string, unknown>> {
  const tables: Record<string, unknown> = {};
  for (const [table, key] of TABLES) {
    tables[table] = await lake.rows(`SELECT * FROM ${table} ORDER BY ${key}`);
  }
  return tables;
}

/** Runs after each file, then refreshes everything: the tables must not change. */
async function expectSameAsRefresh(files: readonly (readonly Line[])[]): Promise<TestLake> {
  const lake = await openTestLake({ now: () => RECEIVED_AT });
  for (const [index, lines] of files.entries()) {
    await receive(lake, `f${index}.ndjson`, lines);
    await lake.lake.run({ fullRefresh: false });
  }
  const before = await content(lake);
  await lake.lake.run({ fullRefresh: true });
  expect(await content(lake)).toEqual(before);
  return lake;
}

describe('a later run', () => {
  it('goes on after an absurd price, which is cut off where a sum of money ends', async () => {
    const purchase = (id: string, price: string, more: Line = {}) =>
      event(id, `2026-01-02T00:10:0${id}Z`, 's1', {
        event_type: 'purchase',
        product_id: 'p',
        price,
        ...more,
      });
    await using lake = await expectSameAsRefresh([
      [purchase('1', '9999999999999999.99', { quantity: 2_147_483_647 })],
      [purchase('2', '5'), purchase('3', '-9999999999999999.99', { session_id: 's2' })],
    ]);
    const most = '9999999999999999.99';
    expect(await lake.rows('SELECT revenue FROM gold_sessions ORDER BY session_id')).toEqual([
      { revenue: most },
    ]);
    expect(await lake.rows('SELECT revenue FROM gold_users')).toEqual([{ revenue: most }]);
    expect(await lake.rows('SELECT amount FROM gold_refunds')).toEqual([{ amount: most }]);
    expect(await lake.rows('SELECT revenue FROM gold_products')).toEqual([{ revenue: most }]);
    expect((await lake.lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  });

  it('knows a revenue that a larger one had cut off, when that becomes smaller', async () => {
    const purchase = (second: number, order_id: string, order_value: string) =>
      event(`e${second}`, `2026-01-02T00:10:0${second}Z`, `s-${order_id}`, {
        ...{ event_type: 'purchase', product_id: 'p', price: '1', order_id, order_value },
      });
    const files = [
      [purchase(2, 'o1', '9999999999999999.99'), purchase(3, 'o2', '5')],
      [purchase(4, 'o3', '7')],
      // The values of an order are those of its earliest event.
      [purchase(1, 'o1', '1')],
    ];
    await using lake = await openTestLake({ now: () => RECEIVED_AT });
    for (const [index, lines] of files.entries()) {
      await receive(lake, `f${index}.ndjson`, lines);
      await lake.lake.run({ fullRefresh: false });
    }
    for (const table of ['gold_channels', 'gold_cohorts']) {
      expect(await lake.rows(`SELECT revenue FROM ${table}`)).toEqual([{ revenue: '13.00' }]);
    }
  });

  it('moves a session that began earlier than it seemed, with its date, user and number', async () => {
    await using lake = await expectSameAsRefresh([
      [
        event('e1', '2026-01-02T00:10:00Z', 's1'),
        event('e2', '2026-01-03T00:10:00Z', 's2', { user_id: 'u2' }),
      ],
      [event('e0', '2026-01-01T23:50:00Z', 's1', { user_id: 'u2', device: 'Mobile' })],
    ]);
    expect(
      await lake.rows(
        'SELECT session_id, session_date, visitor_id, device, session_number, event_count, duration_seconds FROM gold_sessions ORDER BY 1',
      ),
    ).toEqual([
      {
        session_id: 's1',
        session_date: '2026-01-01',
        visitor_id: 'u2',
        device: 'mobile',
        session_number: 1,
        event_count: 2,
        duration_seconds: '1200.000',
      },
      {
        session_id: 's2',
        session_date: '2026-01-03',
        visitor_id: 'u2',
        device: null,
        session_number: 2,
        event_count: 1,
        duration_seconds: '0.000',
      },
    ]);
    expect(await lake.rows('SELECT visitor_id, session_count FROM gold_users')).toEqual([
      { visitor_id: 'u2', session_count: 2 },
    ]);
  });

  it('reads the last date of a session again when an event arrives for its first', async () => {
    await using lake = await expectSameAsRefresh([
      [event('e1', '2026-01-02T23:50:00Z', 's1'), event('e2', '2026-01-03T00:10:00Z', 's1')],
      [event('e3', '2026-01-02T23:55:00Z', 's1')],
    ]);
    expect(await lake.rows('SELECT event_count, duration_seconds FROM gold_sessions')).toEqual([
      { event_count: 3, duration_seconds: '1200.000' },
    ]);
  });

  it('renumbers the sessions of a user when an older one arrives late', async () => {
    await using lake = await expectSameAsRefresh([
      [event('a', '2026-02-10T10:00:00Z', 'later'), event('b', '2026-02-20T10:00:00Z', 'last')],
      [event('c', '2026-01-05T10:00:00Z', 'first')],
    ]);
    expect(
      await lake.rows('SELECT session_id, session_number FROM gold_sessions ORDER BY 2'),
    ).toEqual([
      { session_id: 'first', session_number: 1 },
      { session_id: 'later', session_number: 2 },
      { session_id: 'last', session_number: 3 },
    ]);
  });

  it('knows a duplicate that comes months later, and a conflicting id on another date', async () => {
    await using lake = await expectSameAsRefresh([
      [event('a', '2026-01-05T10:00:00Z', 's1', { price: 1.5 })],
      [event('b', '2026-04-05T10:00:00Z', 's2')],
      [
        event('a', '2026-01-05T10:00:00.000Z', 's1', { price: '1.50' }),
        event('a', '2026-04-05T10:00:00Z', 's1'),
      ],
    ]);
    const status = await lake.lake.status();
    expect(status.outcomes).toEqual({
      lines: 4,
      valid: 2,
      duplicates: 1,
      ignored: 0,
      quarantined: { conflicting_event_id: 1 },
    });
    expect(await lake.rows('SELECT raw_text FROM silver_quarantine')).toEqual([
      { raw_text: JSON.stringify(event('a', '2026-04-05T10:00:00Z', 's1')) },
    ]);
  });

  it('looks for conflicting ids only on their own dates when told so, and records it', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT }, (settings) => ({
      ...settings,
      silver: { ...settings.silver, conflictScope: 'date' },
    }));
    await receive(lake, 'f0.ndjson', [event('a', '2026-01-05T10:00:00Z', 's1')]);
    await lake.lake.run({ fullRefresh: false });
    await receive(lake, 'f1.ndjson', [event('a', '2026-01-05T11:00:00Z', 's1')]);
    const sameDate = await lake.lake.run({ fullRefresh: false });
    expect(sameDate).toMatchObject({ valid: 0, quarantined: { conflicting_event_id: 1 } });
    await receive(lake, 'f2.ndjson', [event('a', '2026-01-06T11:00:00Z', 's1')]);
    const otherDate = await lake.lake.run({ fullRefresh: false });
    expect(otherDate).toMatchObject({ valid: 1, quarantined: {} });
    const log = `${lake.settings.lake}/silver/events/_delta_log/00000000000000000000.json`;
    expect(await readFile(log, 'utf8')).toContain('"clicklake.conflictScope":"date"');
  });

  it('lets the smaller timestamp, then the smaller text, win within one file', async () => {
    await using lake = await expectSameAsRefresh([
      [
        event('a', '2026-01-05T10:00:01Z', 's1'),
        event('a', '2026-01-05T10:00:00Z', 's1', { device: 'z' }),
        event('a', '2026-01-05T10:00:00Z', 's1', { device: 'b' }),
      ],
    ]);
    expect(await lake.rows('SELECT device FROM silver_events')).toEqual([{ device: 'b' }]);
  });

  it('keeps the declared fields and the report of the first of two equal events', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT }, (settings) => ({
      ...settings,
      silver: { ...settings.silver, extraColumns: [{ name: 'plan', type: 'string' }] },
    }));
    const lines = Array.from({ length: 300 }, (_, index) => {
      const time = '2026-01-05T10:00:00Z';
      // Alike but for what is not of the contract; the smaller text comes now first, now last.
      const pair = [
        event(`e${index}`, time, 's', { plan: 'a', price: 'x' }),
        event(`e${index}`, time, 's', { plan: 'b' }),
      ];
      return index % 2 === 0 ? pair : pair.reverse();
    }).flat();
    await receive(lake, 'f.ndjson', lines);
    const report = await lake.lake.run({ fullRefresh: false });
    expect(report).toMatchObject({
      valid: 300,
      duplicates: 300,
      unreadableNumbers: { price: 300 },
    });
    expect(await lake.rows('SELECT plan, count(*) AS n FROM silver_events GROUP BY 1')).toEqual([
      { plan: 'a', n: 300 },
    ]);
  });

  it.each(['quantity', 'price'])(
    'counts a %s that is no number when the first of two equal events has it',
    async (column) => {
      await using lake = await openTestLake({ now: () => RECEIVED_AT });
      const lines = Array.from({ length: 300 }, (_, index) => {
        const time = '2026-01-05T10:00:00Z';
        // Without the number the text is the larger one; it comes now last, now first.
        const pair = [
          event(`e${index}`, time, 's', { [column]: 'x' }),
          event(`e${index}`, time, 's'),
        ];
        return index % 2 === 0 ? pair : pair.reverse();
      }).flat();
      await receive(lake, 'f.ndjson', lines);
      const { valid, duplicates, unreadableNumbers } = await lake.lake.run({ fullRefresh: false });
      expect({ valid, duplicates }).toEqual({ valid: 300, duplicates: 300 });
      expect(unreadableNumbers).toMatchObject({ [column]: 300 });
    },
  );

  it('numbers the sessions of a user that begin at one instant by their ids', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => String((index * 7919) % 500));
    const names = ids.map((id) => `s${id.padStart(3, '0')}`);
    const lines = names.map((name) => event(`e${name}`, '2026-01-05T10:00:00Z', name));
    await using lake = await openTestLake({ now: () => RECEIVED_AT });
    // The later half are in between the sessions that there are.
    for (const [index, half] of [lines.slice(0, 250), lines.slice(250)].entries()) {
      await receive(lake, `f${index}.ndjson`, half);
      await lake.lake.run({ fullRefresh: false });
    }
    const numbered = await lake.rows(
      'SELECT session_id FROM gold_sessions ORDER BY session_number',
    );
    expect(numbered.map((row) => row.session_id)).toEqual(names.toSorted());
  });

  it('takes the visitor of a session from the smaller id of events at one instant', async () => {
    const pairs = Array.from({ length: 100 }, (_, index) =>
      ['a', 'b'].map((which) =>
        event(`${which}${index}`, '2026-01-05T10:00:00Z', `s${index}`, { device: which }),
      ),
    );
    // The first event arrives now before the second, now after it.
    await using lake = await expectSameAsRefresh([
      pairs.flatMap((pair, index) => (index % 2 === 0 ? pair.toReversed() : pair.slice(1))),
      pairs.flatMap((pair, index) => (index % 2 === 0 ? [] : pair.slice(0, 1))),
    ]);
    expect(
      await lake.rows('SELECT device, count(*) AS n FROM gold_sessions GROUP BY device'),
    ).toEqual([{ device: 'a', n: 100 }]);
  });

  it('counts a product, a session and a user once, however many events they have', async () => {
    const view = (id: string, session: string) =>
      event(id, `2026-01-05T10:00:0${id}Z`, session, {
        event_type: 'product_view',
        product_id: 'p',
        device: 'mobile',
      });
    await using lake = await expectSameAsRefresh([
      [view('1', 's1'), view('2', 's1'), view('3', 's2')],
      [view('4', 's1')],
    ]);
    const products = await lake.rows('SELECT views FROM gold_products');
    expect(products).toEqual([{ views: 4 }]);
    const sessions = await lake.rows('SELECT product_count FROM gold_sessions');
    expect(sessions).toEqual([{ product_count: 1 }, { product_count: 1 }]);
    const days = await lake.rows('SELECT sessions, visitors FROM gold_conversion_metrics');
    expect(days).toEqual([{ sessions: 2, visitors: 1 }]);
  });

  it('writes nothing when nothing is new', async () => {
    await using lake = await expectSameAsRefresh([[event('a', '2026-01-05T10:00:00Z', 's1')]]);
    const report = await lake.lake.run({ fullRefresh: false });
    expect(report).toMatchObject({ lines: 0, batches: 0, tablesWritten: [] });
  });

  it('adds a declared column, null in old rows until a full refresh', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT });
    await receive(lake, 'f0.ndjson', [event('a', '2026-01-05T10:00:00Z', 's1', { plan: 7 })]);
    const report = await lake.lake.run({ fullRefresh: false });
    expect(report.unknownFields).toEqual({ names: { plan: 1 }, more: 0 });
    const settings = {
      ...lake.settings,
      silver: { ...lake.settings.silver, extraColumns: [{ name: 'plan', type: 'int' as const }] },
    };
    const declared = await openLake(settings, { now: () => RECEIVED_AT });
    await receive(lake, 'f1.ndjson', [
      event('b', '2026-01-05T10:00:00Z', 's1', { plan: '8' }),
      event('c', '2026-01-05T10:00:00Z', 's1', { plan: { x: 1 } }),
    ]);
    await declared.run({ fullRefresh: false });
    const sql = 'SELECT event_id, plan FROM silver_events ORDER BY 1';
    expect((await declared.query(sql, {})).rows).toEqual([
      { event_id: 'a', plan: null },
      { event_id: 'b', plan: 8 },
      { event_id: 'c', plan: null },
    ]);
    await declared.run({ fullRefresh: true });
    expect((await declared.query(sql, {})).rows[0]).toEqual({ event_id: 'a', plan: 7 });
    await declared.close();
  });

  it('computes Gold anew when the checkout is to be skipped, and when it is not any more', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT });
    const day = '2026-01-05T10:00:0';
    await receive(lake, 'f0.ndjson', [
      event('a', `${day}0Z`, 's1', { event_type: 'product_view', product_id: 'p' }),
      event('b', `${day}1Z`, 's1', { event_type: 'add_to_cart', product_id: 'p' }),
      event('c', `${day}2Z`, 's1', { event_type: 'purchase', product_id: 'p' }),
    ]);
    for (const [skipCheckout, reached] of [
      [false, [0, 0]],
      [true, [null, 1]],
      [false, [0, 0]],
    ] as const) {
      const lakeNow = await openLake({ ...lake.settings, funnel: { skipCheckout } });
      await lakeNow.run({ fullRefresh: false });
      const { rows } = await lakeNow.query('SELECT * FROM gold_funnel', {});
      expect(rows.map((row) => [row.reached_checkout, row.reached_purchase])).toEqual([reached]);
      const { checks } = await lakeNow.verify();
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
      const again = await lakeNow.run({ fullRefresh: false });
      expect(again.tablesWritten).toEqual([]);
      await lakeNow.close();
    }
  });

  it('computes Gold anew when silver_events was taken away by hand', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT });
    for (const number of [0, 1, 2, 3, 4]) {
      const one = event(`e${number}`, '2026-01-05T10:00:00Z', `s${number}`);
      await receive(lake, `f${number}.ndjson`, [one]);
      if (number === 3) {
        await rm(`${lake.settings.lake}/silver/events`, { recursive: true });
      }
      await lake.lake.run({ fullRefresh: false });
      await lake.reopen();
    }
    const { checks } = await lake.lake.verify();
    expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
    expect((await lake.rows('SELECT count(*) AS n FROM gold_sessions'))[0]).toEqual({ n: 5 });
  });

  it('finds files that another tool put into Bronze, once', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT });
    const folder = `${lake.settings.lake}/bronze/partner/in`;
    await mkdir(folder, { recursive: true });
    const text = JSON.stringify(event('a', '2026-01-05T10:00:00Z', 's1'));
    await writeFile(`${folder}/x.ndjson`, text);
    await writeFile(`${folder}/copy.ndjson`, text);
    await writeFile(`${folder}/broken.ndjson.gz`, Buffer.from([0x1f, 0x8b, 8, 0]));
    for (const name of ['lost.ndjson', 'unfinished.tmp', '_hidden']) {
      await writeFile(`${lake.settings.lake}/bronze/${name}`, text);
    }
    const first = await lake.lake.run({ fullRefresh: false });
    expect(first).toMatchObject({
      lines: 1,
      valid: 1,
      discovered: ['bronze/partner/in/copy.ndjson', 'bronze/partner/in/x.ndjson'],
      unreadable: [
        { path: 'bronze/lost.ndjson', reason: expect.stringContaining('bronze/<source>/') },
        { path: 'bronze/partner/in/broken.ndjson.gz' },
      ],
    });
    expect((await lake.lake.run({ fullRefresh: false })).discovered).toEqual([]);
  });

  it('shows a table as it was', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT });
    for (const id of ['a', 'b']) {
      await receive(lake, `${id}.ndjson`, [event(id, '2026-01-05T10:00:00Z', id)]);
      await lake.lake.run({ fullRefresh: false });
    }
    const { rows } = await lake.lake.query('SELECT event_id FROM silver_events', {
      asOf: { version: 0 },
    });
    expect(rows).toEqual([{ event_id: 'a' }]);
  });
});
