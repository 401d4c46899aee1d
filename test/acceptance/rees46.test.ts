import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { hasShared, readRees46Expected, sharedPath } from '../fixtures/shared-samples.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';

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
