import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import type { TableName } from '../../src/verify/canonical-row.ts';
import { recountLake } from '../../src/verify/recount.ts';
import { sumOf } from '../../src/verify/table-totals.ts';
import { utcMicros } from '../fixtures/lines/line-case.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';

const SAMPLES = sharedPath('samples');

let tempFolder: string;
beforeAll(() => {
  tempFolder = mkdtempSync(join(tmpdir(), 'clicklake-samples-'));
});
afterAll(() => rmSync(tempFolder, { recursive: true }));

async function recountSample(path: string) {
  const recount = await recountLake({
    files: [
      {
        fileNumber: 1,
        path,
        receivedAtMicros: utcMicros(2026, 1, 1),
        textBytes: 5_000_000,
        lineCount: 0,
        blankLineCount: 0,
      },
    ],
    openFile() {
      const stored = createReadStream(join(SAMPLES, path));
      return path.endsWith('.gz') ? stored.pipe(createGunzip()) : stored;
    },
    rules: {
      eventTypes: new Set(BUILT_IN_EVENT_TYPES),
      aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
      extraColumns: new Set(),
    },
    isCheckoutSkipped: false,
    tempFolder,
  });
  const columnOf = (table: TableName, name: string): number =>
    recount.tables[table].shape.columns.findIndex((column) => column.name === name);
  return {
    recount,
    sum: (table: TableName, name: string): bigint =>
      sumOf(recount.tables[table].sums[columnOf(table, name)]!),
    counts: (table: TableName, name: string): Record<string, number> =>
      Object.fromEntries(recount.tables[table].counts[columnOf(table, name)]!),
  };
}

function readExpected(path: string) {
  return JSON.parse(readFileSync(join(SAMPLES, path), 'utf8'));
}

describe.skipIf(!hasShared)('recountLake on samples of real input', () => {
  it('comes to what was computed elsewhere for a day of a shop (REES46)', async () => {
    const expected = readExpected('rees46-2019-10-01/expected.json');
    const { recount, sum, counts } = await recountSample('rees46-2019-10-01/events.ndjson.gz');
    expect(expected).toMatchObject({
      lines_received: recount.lines,
      valid_events: recount.valid,
      duplicates: recount.duplicates,
      quarantined: Object.fromEntries(recount.quarantined),
      events_by_type: counts('silver_events', 'event_type'),
      sessions: recount.tables.gold_sessions.rowCount,
      users: recount.tables.gold_users.rowCount,
      total_session_seconds: Number(sum('gold_sessions', 'duration_seconds')) / 1000,
      single_event_sessions: Number(sum('gold_sessions', 'is_bounce')),
      sessions_with_product_view: Number(sum('gold_sessions', 'has_product_view')),
      sessions_with_add_to_cart: Number(sum('gold_sessions', 'has_add_to_cart')),
      sessions_with_purchase: Number(sum('gold_sessions', 'has_purchase')),
      sessions_with_cart_and_purchase: Number(
        sum('gold_conversion_metrics', 'sessions_with_cart_and_purchase'),
      ),
      revenue: (Number(sum('gold_sessions', 'revenue')) / 100).toFixed(2),
      sessions_by_date: counts('gold_sessions', 'session_date'),
    });
    expect(Object.fromEntries(recount.unknownFields)).toHaveProperty('brand');
  });

  it('comes to what was computed elsewhere for sessions of many days (OTTO)', async () => {
    const { summary } = readExpected('otto/expected.json').variants.all_types;
    const { recount, sum, counts } = await recountSample('otto/input.ndjson');
    expect(recount.valid).toBe(summary.valid_rows);
    expect(counts('silver_events', 'event_type')).toEqual(summary.events_by_type);
    expect(recount.tables.gold_sessions.rowCount).toBe(summary.sessions);
    expect(Number(sum('gold_sessions', 'duration_seconds')) / 1000).toBe(summary.duration.sum_s);
    expect(Number(sum('gold_sessions', 'is_cart_abandoned'))).toBe(
      summary.conversion.cart_sessions - summary.conversion.cart_sessions_with_purchase,
    );
    expect(Number(sum('gold_sessions', 'has_purchase'))).toBe(summary.conversion.purchase_sessions);
  });
});
