/** What tests of visitors and sessions share: small lakes of events, and Gold before and after. */

import { expect } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { stopAfter } from '../fixtures/stopping-storage.ts';
import {
  openDisposable,
  openTestLake,
  type SettingsChange,
  type TestLake,
} from './lake-support.ts';

type Row = Record<string, unknown>;
export type GoldRows = Record<string, Row[]>;

/** An event to send: what is left out is a page view with an id and a time of its own. */
export interface Sent {
  id: string;
  at: string;
  type?: string;
  user?: string | undefined;
  device?: string | undefined;
  session?: string | undefined;
  [field: string]: unknown;
}

export function linesOf(events: readonly Sent[]): string {
  const lines = events.map(({ id, at, type, user, device, session, ...more }) =>
    JSON.stringify({
      ...{ event_id: id, event_timestamp: at, event_type: type ?? 'page_view' },
      ...{ user_id: user, anonymous_id: device, session_id: session },
      ...more,
    }),
  );
  return `${lines.join('\n')}\n`;
}

/** Takes in the events of one delivery, and runs. */
export async function deliver(lake: TestLake, events: readonly Sent[]): Promise<RunReport> {
  await lake.receive(`from-${events[0]?.id}.ndjson`, linesOf(events));
  return await lake.lake.run({ fullRefresh: false });
}

/** A new lake after these deliveries, each with a run of its own. */
export async function lakeOf(
  deliveries: readonly (readonly Sent[])[],
  change?: SettingsChange,
): Promise<TestLake> {
  const lake = await openTestLake({ now: () => RECEIVED_AT_MS }, change);
  for (const events of deliveries) {
    await deliver(lake, events);
  }
  return lake;
}

/** A run in a process that dies when it would make one more commit to a table of Gold than this. */
export async function runKilledInGold(settings: Settings, commitCount: number): Promise<void> {
  await runKilledAfter(settings, commitCount, /^put gold\/.*_delta_log/);
}

/** A run that is killed before the next of these changes. */
export async function runKilledAfter(
  settings: Settings,
  changeCount: number,
  counted: RegExp,
): Promise<void> {
  const { wrap } = stopAfter(changeCount, { counted });
  const hooks = { now: () => RECEIVED_AT_MS, wrapStorage: wrap };
  await using lake = await openDisposable(settings, hooks);
  await expect(lake.run({ fullRefresh: false })).rejects.toThrow();
}

/** All rows of all Gold tables. */
export async function goldOf(lake: TestLake): Promise<GoldRows> {
  const gold: GoldRows = {};
  for (const { table } of (await lake.lake.hashTables()).tables) {
    if (table.startsWith('gold_')) {
      gold[table] = await lake.rows(`SELECT * FROM ${table} ORDER BY ALL`);
    }
  }
  return gold;
}

/** Nothing changes when everything is computed again, and the lines themselves say the same. */
export async function expectSameAsRefresh(lake: TestLake): Promise<void> {
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  const before = await hashesOf(lake);
  await lake.lake.run({ fullRefresh: true });
  expect(await hashesOf(lake)).toEqual(before);
}

async function hashesOf(lake: TestLake): Promise<Record<string, unknown>> {
  const { tables } = await lake.lake.hashTables();
  const gold = tables.filter(({ table }) => table.startsWith('gold_'));
  return Object.fromEntries(gold.map(({ table, sha256 }) => [table, sha256]));
}

/** The rows that only one of both has, by table; tables that are the same are left out. */
export function changesOf(before: GoldRows, after: GoldRows): Record<string, Changes> {
  const changed: Record<string, Changes> = {};
  for (const [table, rows] of Object.entries(after)) {
    const [old, now] = [textsOf(before[table] ?? []), textsOf(rows)];
    const gone = (before[table] ?? []).filter((row) => !now.has(JSON.stringify(row)));
    const come = rows.filter((row) => !old.has(JSON.stringify(row)));
    if (gone.length + come.length > 0) {
      changed[table] = { gone, come };
    }
  }
  return changed;
}

export interface Changes {
  gone: Row[];
  come: Row[];
}

function textsOf(rows: readonly Row[]): Set<string> {
  return new Set(rows.map((row) => JSON.stringify(row)));
}
