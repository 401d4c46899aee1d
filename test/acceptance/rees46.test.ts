import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { hasShared, readRees46Expected, sharedPath } from '../fixtures/shared-samples.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';

interface Sent {
  event_id: string;
  user_id: string | null;
  event_type: string;
  event_timestamp: string;
}

const SAMPLE = sharedPath('samples/rees46-2019-10-01');

describe.skipIf(!hasShared)('the real events of an online store (needs the shared samples)', () => {
  const expected = hasShared ? readRees46Expected() : {};
  let lake: TestLake;
  let report: RunReport;

  beforeAll(async () => {
    lake = await openTestLake();
    await lake.lake.ingest([{ kind: 'file', path: join(SAMPLE, 'events.ndjson.gz') }], {
      source: 'rees46',
    });
    report = await lake.lake.run({ fullRefresh: false });
  });

  afterAll(async () => {
    await lake[Symbol.asyncDispose]();
  });

  it('comes to the expected outcome of every line', () => {
    expect(report).toMatchObject({
      lines: expected.lines_received,
      valid: expected.valid_events,
      duplicates: expected.duplicates,
    });
    expect(report.quarantined).toEqual(expected.quarantined);
  });

  it('comes to the expected sessions', async () => {
    const [sessions] = await lake.rows(
      `SELECT count(*) AS sessions, sum(duration_seconds)::BIGINT AS total_session_seconds,
         max(duration_seconds)::BIGINT AS longest_session_seconds,
         count_if(is_bounce) AS single_event_sessions,
         count_if(has_product_view) AS sessions_with_product_view,
         count_if(has_add_to_cart) AS sessions_with_add_to_cart,
         count_if(has_purchase) AS sessions_with_purchase,
         count_if(has_add_to_cart AND has_purchase) AS sessions_with_cart_and_purchase,
         count_if(has_purchase) / count(*) AS conversion_rate, sum(revenue)::VARCHAR AS revenue
       FROM gold_sessions`,
    );
    expect(expected).toMatchObject(sessions ?? {});
    expect(await lake.rows('SELECT count(*) AS users FROM gold_users')).toEqual([
      { users: expected.users },
    ]);
  });

  it('comes to the expected rates and daily counts', async () => {
    const days = await lake.rows('SELECT * FROM gold_conversion_metrics');
    expect(days).toHaveLength(1);
    const counts = expected.events_by_date['2019-10-01'];
    expect(days[0]).toMatchObject({
      date: '2019-10-01',
      product_views: counts.product_view,
      add_to_carts: counts.add_to_cart,
      purchases: counts.purchase,
      sessions: expected.sessions_by_date['2019-10-01'],
      visitors: expected.users,
      conversion_rate: expected.conversion_rate,
    });
    expect(days[0]?.cart_abandonment_rate).toBeCloseTo(expected.cart_abandonment_rate, 15);
  });

  it('is verified from the raw lines', async () => {
    const { lines, checks } = await lake.lake.verify();
    expect(lines).toBe(expected.lines_received);
    expect(checks.length).toBeGreaterThan(50);
    expect(checks.filter((check) => !check.isEqual)).toEqual([]);
  });

  it('keeps several users of one session as one session', async () => {
    const [shared] = await lake.rows(
      `SELECT count(*) AS n FROM (SELECT session_id FROM silver_events GROUP BY session_id
         HAVING count(DISTINCT user_id) > 1)`,
    );
    expect(shared?.n).toBe(expected.sessions_with_several_users);
  });
});

describe.skipIf(!hasShared)('the same events without their session ids', () => {
  it('come to the sessions that a loop over the events of each visitor finds', async () => {
    const lines = gunzipSync(readFileSync(join(SAMPLE, 'events.ndjson.gz'))).toString();
    const events = lines.split('\n').flatMap((line) => (line === '' ? [] : [withoutSession(line)]));
    await using lake = await openTestLake();
    // Every second one comes late.
    for (const half of [0, 1]) {
      const part = events.filter((_, index) => index % 2 === half);
      const text = part.map((event) => JSON.stringify(event)).join('\n');
      await lake.receive(`half-${half}.ndjson`, text);
      await lake.lake.run({ fullRefresh: false });
    }
    const rows = await lake.rows(
      `SELECT visitor_id, epoch_ms(started_at) AS started_at, epoch_ms(ended_at) AS ended_at, event_count,
         session_number
       FROM gold_sessions ORDER BY visitor_id, session_number`,
    );
    const expected = sessionsOf(events);
    expect(expected.length).toBeGreaterThan(4000);
    expect(rows).toEqual(expected);
    const { checks } = await lake.lake.verify();
    expect(checks.filter((check) => !check.isEqual)).toEqual([]);
  });
});

function withoutSession(line: string): Sent {
  return { ...JSON.parse(line), session_id: undefined };
}

/** By visitor: a new session half an hour after the event before. */
function sessionsOf(events: readonly Sent[]) {
  const byVisitor = new Map<string, number[]>();
  for (const { user_id, event_timestamp } of new Map(events.map((e) => [e.event_id, e])).values()) {
    byVisitor.set(`${user_id}`, [
      ...(byVisitor.get(`${user_id}`) ?? []),
      Date.parse(event_timestamp),
    ]);
  }
  return [...byVisitor.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([visitor_id, times]) => {
      const sessions: Record<string, string | number>[] = [];
      let endedAt = Number.NEGATIVE_INFINITY;
      for (const time of times.toSorted((a, b) => a - b)) {
        const last = sessions.at(-1);
        if (last === undefined || time - endedAt >= 1_800_000) {
          const session_number = sessions.length + 1;
          sessions.push({
            visitor_id,
            started_at: time,
            ended_at: time,
            event_count: 1,
            session_number,
          });
        } else {
          last.ended_at = time;
          last.event_count = Number(last.event_count) + 1;
        }
        endedAt = time;
      }
      return sessions;
    });
}
