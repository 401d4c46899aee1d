import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import { utcMicros } from '../fixtures/lines/line-case.ts';
import { openTestRecount, type TestRecount } from '../fixtures/recount-session.ts';
import { hasShared, readRees46Expected, sharedPath } from '../fixtures/shared-samples.ts';

const SAMPLES = sharedPath('samples');

let recount: TestRecount;
beforeAll(async () => {
  recount = await openTestRecount();
});
afterAll(() => recount.close());

async function recountSample(path: string): Promise<void> {
  const stored = createReadStream(join(SAMPLES, path));
  await recount.recount(
    [
      {
        file: {
          fileNumber: 1,
          path,
          receivedAtMicros: utcMicros(2026, 1, 1),
          lineCount: 0,
          blankLineCount: 0,
        },
        bytes: path.endsWith('.gz') ? stored.pipe(createGunzip()) : stored,
      },
    ],
    {
      eventTypes: new Set(BUILT_IN_EVENT_TYPES),
      aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
    },
  );
}

async function numberOf(sql: string): Promise<number> {
  const [[value] = []] = await recount.session.rows(`SELECT CAST((${sql}) AS DOUBLE)`);
  return Number(value);
}

function rowCount(table: string, condition = 'true'): Promise<number> {
  return numberOf(`SELECT count(*) FROM recount.${table} WHERE ${condition}`);
}

async function rowsBy(column: string, table: string): Promise<Record<string, number>> {
  const rows = await recount.session.rows(
    `SELECT CAST(${column} AS VARCHAR), count(*) FROM recount.${table} GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(([value, count]) => [value, Number(count)]));
}

function readExpected(path: string) {
  return JSON.parse(readFileSync(join(SAMPLES, path), 'utf8'));
}

describe.skipIf(!hasShared)('the recount of samples of real input', () => {
  it('comes to what was computed elsewhere for a day of a shop (REES46)', async () => {
    const expected = readRees46Expected();
    await recountSample('rees46-2019-10-01/events.ndjson.gz');
    const sessions = (condition: string): Promise<number> => rowCount('gold_sessions', condition);
    // One view came without a session id.
    expect(await rowCount('gold_sessions', 'derived_from IS NOT NULL')).toBe(1);
    expect(expected).toMatchObject({
      lines_received: await rowCount('verdicts'),
      valid_events: await rowCount('silver_events'),
      duplicates: await rowCount('repeated_deliveries', `outcome = 'duplicate'`),
      quarantined: await rowsBy('reason', 'silver_quarantine'),
      events_by_type: await rowsBy('event_type', 'silver_events'),
      sessions: await sessions('true'),
      users: await numberOf('SELECT count(DISTINCT visitor_id) FROM recount.gold_sessions'),
      total_session_seconds: await numberOf(
        'SELECT sum(duration_seconds) FROM recount.gold_sessions',
      ),
      single_event_sessions: await sessions('is_bounce'),
      sessions_with_product_view: await sessions('has_product_view'),
      sessions_with_add_to_cart: await sessions('has_add_to_cart'),
      sessions_with_purchase: await sessions('has_purchase'),
      sessions_with_cart_and_purchase: await numberOf(
        'SELECT sum(sessions_with_cart_and_purchase) FROM recount.gold_conversion_metrics',
      ),
      revenue: (await numberOf('SELECT sum(revenue) FROM recount.gold_sessions')).toFixed(2),
      sessions_by_date: { '2019-10-01': await sessions('true') },
    });
  });

  it('comes to what was computed elsewhere for sessions of many days (OTTO)', async () => {
    const { summary } = readExpected('otto/expected.json').variants.all_types;
    await recountSample('otto/input.ndjson');
    const sessions = (condition: string): Promise<number> => rowCount('gold_sessions', condition);
    expect(await rowCount('silver_events')).toBe(summary.valid_rows);
    expect(await rowsBy('event_type', 'silver_events')).toEqual(summary.events_by_type);
    expect(await sessions('true')).toBe(summary.sessions);
    expect(await numberOf('SELECT sum(duration_seconds) FROM recount.gold_sessions')).toBe(
      summary.duration.sum_s,
    );
    expect(await sessions('is_cart_abandoned')).toBe(
      summary.conversion.cart_sessions - summary.conversion.cart_sessions_with_purchase,
    );
    expect(await sessions('has_purchase')).toBe(summary.conversion.purchase_sessions);
  });
});
