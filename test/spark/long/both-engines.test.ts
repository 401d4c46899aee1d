/**
 * The same lines through both engines: the same rows, types included. Runs where a Spark Connect server
 * with Delta Lake is told by CLICKLAKE_TEST_SPARK_URL, on this machine's file system.
 */
import { describe, expect, it } from 'vitest';
import type { HashReport, RunReport } from '../../../src/pipeline/reports.ts';
import { openTestLake, type SettingsChange, type TestLake } from '../../engines/lake-support.ts';
import { RECEIVED_AT_MICROS } from '../../fixtures/lines/line-case.ts';
import { hugeLines, NASTY_LINES } from '../../fixtures/lines/nasty-lines.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL || undefined;
const NOW = () => Number(RECEIVED_AT_MICROS / 1000n);
const LIMIT_MS = 900_000;

type Received = readonly { name: string; bytes: Buffer }[];
type Step = { engine: 'duckdb' | 'spark'; files: Received };

const EXTRA_COLUMNS = [
  { name: 'campaign', type: 'string' },
  { name: 'score', type: 'double' },
  { name: 'rank', type: 'bigint' },
] as const;

describe.skipIf(SPARK_URL === undefined)('both engines', () => {
  it(
    'judge every nasty line alike',
    async () => {
      const files = nastyFiles();
      const duckdb = await runSteps([{ engine: 'duckdb', files }]);
      const spark = await runSteps([{ engine: 'spark', files }]);
      expect(counts(spark.reports)).toEqual(counts(duckdb.reports));
      expect(spark.hashes).toEqual(duckdb.hashes);
    },
    LIMIT_MS,
  );

  it(
    'continue a lake that the other began',
    async () => {
      const files = [0, 1, 2].map((part) => ({ name: `part-${part}.ndjson`, bytes: visits(part) }));
      const each = (index: number) => files.slice(index, index + 1);
      const whole = await runSteps([{ engine: 'duckdb', files }]);
      const turns = await runSteps([
        { engine: 'duckdb', files: each(0) },
        { engine: 'spark', files: each(1) },
        { engine: 'duckdb', files: each(2) },
      ]);
      expect(turns.hashes).toEqual(whole.hashes);
      const others = await runSteps([
        { engine: 'spark', files: each(0) },
        { engine: 'duckdb', files: each(1) },
        { engine: 'spark', files: each(2) },
      ]);
      expect(others.hashes).toEqual(whole.hashes);
    },
    LIMIT_MS,
  );
});

/** Runs the steps on one lake; what the tables then hold, read by DuckDB. */
async function runSteps(
  steps: readonly Step[],
): Promise<{ reports: RunReport[]; hashes: unknown }> {
  const settled = await openOn('duckdb');
  const reports: RunReport[] = [];
  try {
    for (const { engine, files } of steps) {
      const next = await openOn(engine, settled.settings.lake);
      for (const { name, bytes } of files) await next.receive(name, bytes);
      reports.push(await next.lake.run({ fullRefresh: false }));
      await next.lake.close();
    }
    return { reports, hashes: contents(await settled.lake.hashTables()) };
  } finally {
    await settled[Symbol.asyncDispose]();
  }
}

function openOn(engine: Step['engine'], lake?: string): Promise<TestLake> {
  const change: SettingsChange = (settings) => ({
    ...settings,
    ...(lake === undefined ? {} : { lake }),
    engine,
    spark: { url: SPARK_URL },
    silver: { ...settings.silver, extraColumns: EXTRA_COLUMNS },
  });
  return openTestLake({ now: NOW }, change);
}

function contents({ tables }: HashReport): unknown {
  return tables.map(({ table, rows, sha256 }) => ({ table, rows, sha256 }));
}

function counts(reports: readonly RunReport[]): unknown {
  return reports.map((report) => ({
    lines: report.lines,
    valid: report.valid,
    duplicates: report.duplicates,
    quarantined: report.quarantined,
    unreadableNumbers: report.unreadableNumbers,
    unknownFields: report.unknownFields,
  }));
}

function nastyFiles(): Received {
  const lines = [...NASTY_LINES, ...hugeLines()];
  const join = (each: typeof lines) =>
    Buffer.concat(each.flatMap(({ bytes }) => [bytes, LINE_FEED]));
  const first = lines.filter(({ isFirstLineOfFile }) => isFirstLineOfFile);
  return [
    { name: 'together.ndjson', bytes: join(lines.filter((line) => !line.isFirstLineOfFile)) },
    ...first.map((line, index) => ({ name: `first-${index}.ndjson`, bytes: join([line]) })),
  ];
}

const LINE_FEED = Buffer.from('\n');

/** Visits whose events are spread over three deliveries, late ones, repeated and conflicting ones. */
function visits(part: number): Buffer {
  const start = NOW() - 5 * 86_400_000;
  const lines: string[] = [];
  for (let number = 0; number < 600; number += 1) {
    const visit = number % 60;
    const type = ['page_view', 'product_view', 'add_to_cart', 'checkout', 'purchase'][number % 5];
    const isRepeated = number % 17 === 0;
    if (number % 3 !== part && !isRepeated) continue;
    const at = new Date(start + visit * 3_600_000 + ((number * 7_919) % 50_000_000));
    lines.push(
      JSON.stringify({
        event_id: `event-${number}`,
        user_id: `user-${visit % 11}`,
        session_id: `session-${visit}`,
        event_type: type,
        product_id: `product-${number % 7}`,
        device: ['Mobile', 'desktop', null][number % 3],
        country: ['de', 'AT'][visit % 2],
        event_timestamp: at.toISOString(),
        price: number % 34 === 0 ? part + 1 : 19.99 + (number % 9),
        quantity: number % 4,
        items: number % 5 === 0 ? [{ sku: 'a', price: 1 }] : undefined,
        campaign: `c${number % 4}`,
        score: number / 7,
        rank: number * 1_000_000_007,
      }),
    );
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}
