/**
 * Derived sessions against an implementation that knows nothing of ours: Spark's `session_window`. Its windows
 * are joined where they touch, so that a pause of exactly the gap ends no session there: its gap is to be a
 * microsecond less than the pause that ends one of ours.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { openOn, RECEIVED_AT_MS, SPARK_URL } from '../fixtures/both-engines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { linesOf, type Sent } from '../pipeline/gold-support.ts';
import { inDeliveries } from '../pipeline/random-support.ts';

// Seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });

const TIMEOUT_MICROS = 30 * 60_000_000;
/** A timeout, and a microsecond around it; most pauses are shorter. */
const PAUSES = [
  0,
  1,
  1_000_000,
  600_000_000,
  TIMEOUT_MICROS - 1,
  TIMEOUT_MICROS,
  TIMEOUT_MICROS + 1,
];

/** The events of one device, with their pauses, and with which delivery each comes. */
const visits = fc.array(
  fc.record({
    pause: fc.constantFrom(...PAUSES),
    type: fc.constantFrom('page_view', 'page_view', 'add_to_cart', 'refund'),
    delivery: fc.nat(1),
  }),
  { minLength: 1, maxLength: 12 },
);

function eventsOf(device: string, drawn: Drawn): Sent[][] {
  const when = { startMs: RECEIVED_AT_MS - 3 * 86_400_000, count: 2 };
  return inDeliveries(drawn, when, ({ type }, at, index) => ({
    ...{ id: `${device} ${index}`, at, type, device },
  }));
}

type Drawn = readonly { pause: number; type: string; delivery: number }[];

const OURS = `SELECT anonymous_id, CAST(unix_micros(started_at) AS STRING) AS started_at,
    CAST(unix_micros(ended_at) AS STRING) AS ended_at, event_count
  FROM gold_sessions ORDER BY anonymous_id, started_at`;
const GAP_MICROS = TIMEOUT_MICROS - 1;
const SPARKS = `SELECT anonymous_id, CAST(unix_micros(window.start) AS STRING) AS started_at,
    CAST(unix_micros(window.end) - ${GAP_MICROS} AS STRING) AS ended_at, event_count
  FROM (
    SELECT anonymous_id, session_window(event_timestamp, '${GAP_MICROS} microseconds') AS window,
      count(*) AS event_count
    FROM silver_events WHERE event_type <> 'refund'
    GROUP BY anonymous_id, session_window(event_timestamp, '${GAP_MICROS} microseconds')
  ) AS windows ORDER BY anonymous_id, started_at`;

describe.skipIf(SPARK_URL === undefined)('the derived sessions of random events', () => {
  it('are those of session_window, whatever comes late', async () => {
    const drawn = fc.sample(visits, propertyRuns(300, 10_000));
    const devices = drawn.map((ofDevice, index) => eventsOf(`device ${index}`, ofDevice));
    const textOf = (delivery: number): string =>
      linesOf(devices.flatMap((deliveries) => deliveries[delivery] ?? []));
    // Each engine derives sessions, Spark those that late events change.
    await using duckdb = await openOn('duckdb');
    await duckdb.receive('in-time.ndjson', textOf(0));
    await duckdb.lake.run({ fullRefresh: false });
    await using spark = await openOn('spark', undefined, duckdb.settings.lake);
    await spark.receive('late.ndjson', textOf(1));
    await spark.lake.run({ fullRefresh: false });
    const ours = await spark.rows(OURS);
    expect(ours.length).toBeGreaterThan(devices.length);
    expect(ours).toEqual(await spark.rows(SPARKS));
    const { checks } = await duckdb.lake.verify();
    expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  });
});
