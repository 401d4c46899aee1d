import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { type QueriedTables, queriedReference } from '../fixtures/queried-reference.ts';
import { type Deliveries, deliveries } from './arbitrary-lines.ts';
import { openTestLake } from './lake-support.ts';

const RECEIVED_AT_MS = Date.UTC(2026, 1, 1);
/** The order of files counts, and equal bytes are taken once: every file begins with a line of its own. */
const HIDDEN = new Set(['bronze_path', 'received_at', 'received_date']);

describe('any lines, split into any files, batches and runs', () => {
  it('come to what the reference says, and no line is lost', async () => {
    await fc.assert(fc.asyncProperty(deliveries, checkDeliveries), propertyRuns(8, 400));
  });
});

async function checkDeliveries(drawn: Deliveries): Promise<void> {
  const files = drawn.files.map((lines, index) => [Buffer.from(`file ${index}`), ...lines]);
  const expected = queriedReference(files, BigInt(RECEIVED_AT_MS) * 1000n, drawn.rules);
  await using lake = await openTestLake({ now: () => RECEIVED_AT_MS }, (settings) => ({
    ...settings,
    silver: { ...settings.silver, maxBatchMb: drawn.isOneFilePerBatch ? 0.0001 : 512 },
    funnel: { skipCheckout: drawn.rules.skipCheckout },
    sessions: {
      timeoutMinutes: drawn.rules.sessionTimeoutMinutes,
      derive: drawn.rules.deriveSessions,
    },
    bots: drawn.rules.bots,
    reporting: { timeZone: drawn.rules.timeZone },
    orders: { ignoredIds: drawn.rules.ignoredOrderIds },
    money: drawn.rules.money,
    sites: drawn.rules.sites,
    landingPages: drawn.rules.landingPages,
  }));
  for (const [index, lines] of files.entries()) {
    const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    await lake.receive(`f${index}.ndjson`, bytes);
    if (drawn.runsAfter[index]) {
      await lake.lake.run({ fullRefresh: false });
    }
  }
  await lake.lake.run({ fullRefresh: false });
  const actual: QueriedTables = {};
  for (const table of Object.keys(expected.tables)) {
    actual[table] = await lake.rows(`SELECT * FROM ${table}`);
  }
  expect(sorted(actual)).toEqual(sorted(expected.tables));
  const { checks } = await lake.lake.verify();
  expect(checks.filter((check) => !check.isEqual)).toEqual([]);
  const { outcomes } = await lake.lake.status();
  expect(outcomes.valid).toBe(expected.valid);
  expect(outcomes.duplicates).toBe(expected.duplicates);
}

/** Rows without what depends on the lake, by their text. */
function sorted(tables: QueriedTables): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [
      name,
      rows
        .map((row) =>
          JSON.stringify(
            Object.entries(row)
              .filter(([column]) => !HIDDEN.has(column))
              .sort(([a], [b]) => (a < b ? -1 : 1)),
          ),
        )
        .sort(),
    ]),
  );
}
