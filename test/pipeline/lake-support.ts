/** A lake of the test's own, on the real engine. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import type { Settings } from '../../src/config/settings.ts';
import { type Lake, type LakeHooks, openLake } from '../../src/lake/open-lake.ts';

/** Whether the project of tests on Spark runs this file: what it asserts holds on both engines. */
const isOnSpark = process.env.CLICKLAKE_TEST_ENGINE === 'spark';

export interface TestLake extends AsyncDisposable {
  folder: string;
  settings: Settings;
  lake: Lake;
  /** Goes on as another process would. */
  reopen(): Promise<void>;
  /** Takes a file of these bytes into the lake. */
  receive(name: string, bytes: Buffer | string): Promise<void>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
}

export type SettingsChange = (settings: Settings) => Settings;

export async function openTestLake(
  hooks: LakeHooks = {},
  change?: SettingsChange,
): Promise<TestLake> {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-test-'));
  const settings = (change ?? ((same) => same))(settingsFor(join(folder, 'lake')));
  let lake = await openLake(settings, hooks);
  return {
    folder,
    settings,
    get lake() {
      return lake;
    },
    async reopen() {
      await lake.close();
      lake = await openLake(settings, hooks);
    },
    receive: (name, bytes) => receiveBytes(lake, join(folder, name), bytes),
    rows: async (sql) => (await lake.query(sql, {})).rows,
    async [Symbol.asyncDispose]() {
      await lake.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The lake of these settings, closed at the end of a block. */
export async function openDisposable(
  settings: Settings,
  hooks: LakeHooks,
): Promise<Lake & AsyncDisposable> {
  const lake = await openLake(settings, hooks);
  return { ...lake, [Symbol.asyncDispose]: () => lake.close() };
}

/** Takes a file of these bytes, made at `path`, into the lake. */
export async function receiveBytes(
  lake: Lake,
  path: string,
  bytes: Buffer | string,
): Promise<void> {
  await writeFile(path, bytes);
  const report = await lake.ingest([{ kind: 'file', path }], { source: 'test' });
  if (report.refused[0] !== undefined) {
    throw new Error(report.refused[0].reason);
  }
}

export function settingsFor(lake: string): Settings {
  return {
    lake,
    engine: isOnSpark ? 'spark' : 'duckdb',
    spark: { url: isOnSpark ? process.env.CLICKLAKE_TEST_SPARK_URL : undefined },
    duckdb: { memoryLimitMb: 1000, threads: 2, tempDir: undefined },
    silver: {
      eventTypes: BUILT_IN_EVENT_TYPES,
      eventTypeAliases: BUILT_IN_EVENT_TYPE_ALIASES,
      conflictScope: 'all',
      extraColumns: [],
      maxBatchMb: 512,
    },
    funnel: { skipCheckout: false },
    maintain: { retentionHours: 168, targetFileMb: 128 },
    azure: { maxTries: 6, retryDelayMs: 5, requestTimeoutMs: 10_000 },
    cache: { folder: join(dirname(lake), 'cache'), maxMb: 1_000 },
  };
}
