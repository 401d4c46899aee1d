/** The lake as the command and other programs use it. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRemoteAddress } from '../config/lake-address.ts';
import type { Settings } from '../config/settings.ts';
import type { DeltaContext } from '../delta/context.ts';
import { duckdbCheckpointFiles } from '../engines/duckdb/checkpoint-files.ts';
import { openDuckdbEngine } from '../engines/duckdb/engine.ts';
import { recountSession } from '../engines/duckdb/recount-session.ts';
import { openSqlConnection, type SqlConnection } from '../engines/duckdb/sql-connection.ts';
import type { Engine } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { isAzureAddress, parseAzureAddress } from '../storage/azure/address.ts';
import { hadoopSettings } from '../storage/azure/hadoop-settings.ts';
import { lockLake } from '../storage/lake-lock.ts';
import { openLocalStorage } from '../storage/local.ts';
import type { Storage } from '../storage/storage.ts';
import { BRONZE_ROOT } from './bronze-paths.ts';
import type { LakeContext } from './context.ts';
import { hashTables } from './hash-tables.ts';
import { type IngestInput, ingest } from './ingest.ts';
import { maintain } from './maintain.ts';
import { readModel } from './models.ts';
import { type PurchaseFacts, readPurchaseFacts } from './purchase-facts.ts';
import { exportQuarantine, listQuarantine } from './quarantine.ts';
import { type QueryOptions, query, queryBatches } from './query.ts';
import { type LakeReader, openReader } from './reader.ts';
import { readersWorkFolder } from './readers-work-folder.ts';
import type {
  HashReport,
  IngestReport,
  MaintainReport,
  ProgressListener,
  QuarantineReport,
  QueryResult,
  QueryStream,
  RunPreview,
  RunReport,
  StatusReport,
  VerifyReport,
} from './reports.ts';
import { preview, run } from './run.ts';
import { status } from './status.ts';
import { lakeTables } from './tables.ts';
import { verify } from './verify.ts';

export type { IngestInput };

export interface LakeHooks {
  onProgress?: ProgressListener;
  /** Aborting stops the work, Spark's at once; what is committed stays. */
  signal?: AbortSignal;
  /** The clock that files are received by, milliseconds since the epoch. Default: the real one. */
  now?: () => number;
  /** Where the credentials of a remote lake or Spark are looked for. Default: the process's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Put between the lake and its storage. Default: nothing. */
  wrapStorage?: (storage: Storage) => Storage;
}

export interface Lake {
  ingest(inputs: IngestInput[], options: { source: string }): Promise<IngestReport>;
  run(options: { fullRefresh: boolean }): Promise<RunReport>;
  /** What `run` would do, without doing it. */
  previewRun(options: { fullRefresh: boolean }): Promise<RunPreview>;
  status(): Promise<StatusReport>;
  /** One statement that reads. All rows at once: for results that are known to be small. */
  query(sql: string, options: QueryOptions): Promise<QueryResult>;
  queryBatches(sql: string, options: QueryOptions): Promise<QueryStream>;
  listQuarantine(options: {
    reason?: string;
    limit: number;
    maxTextLength?: number;
  }): Promise<QuarantineReport>;
  exportQuarantine(
    options: { reason?: string },
    sink: (chunk: Buffer) => Promise<void>,
  ): Promise<{ lines: number }>;
  verify(): Promise<VerifyReport>;
  hashTables(): Promise<HashReport>;
  maintain(options: { dryRun: boolean }): Promise<MaintainReport>;
  /** What the sums of Gold leave open; undefined where it would have to be fetched first. */
  purchaseFacts(): Promise<PurchaseFacts | undefined>;
  /** For programs that look at the lake again and again; other questions do not wait for it, nor it for them. */
  reader(): Promise<LakeReader>;
  close(): Promise<void>;
}

/**
 * DuckDB's own limit covers its buffers. What it allocates beside them, and Node's memory, come on
 * top: measured, up to 500 MB with buffers of 800 MB.
 */
const BUFFER_SHARE = 0.7;
const MEGABYTE = 1_000_000;

interface OpenContext {
  connection: SqlConnection;
  context: LakeContext;
}

/** Opens the lake at `settings.lake`. Nothing is created before something is written. */
export async function openLake(settings: Settings, hooks: LakeHooks = {}): Promise<Lake> {
  const opened = await openStorage(settings, hooks);
  const storage = hooks.wrapStorage?.(opened) ?? opened;
  const spill = await spillFolder(storage, settings.duckdb.tempDir);
  const bufferBytes = settings.duckdb.memoryLimitMb * MEGABYTE * BUFFER_SHARE;
  const open = async (memoryLimitBytes: number): Promise<OpenContext> => {
    const connection = await openSqlConnection({
      memoryLimitBytes,
      threads: settings.duckdb.threads,
      spillFolder: spill.path,
    });
    const delta = { storage, checkpointFiles: duckdbCheckpointFiles(connection.driver) };
    const engine = await openEngine(settings, connection, delta, hooks);
    const context = {
      ...{ settings, storage, delta, engine },
      recountSession: recountSession(connection, delta),
      tables: lakeTables(settings),
      snapshots: new Map(),
      onProgress: hooks.onProgress ?? (() => {}),
      signal: hooks.signal,
      now: hooks.now ?? Date.now,
    };
    return { connection, context };
  };
  const { connection, context } = await open(bufferBytes);
  const { engine } = context;
  const engines = [engine];
  /** A session of its own, with half of the memory, so that neither waits for the other. */
  const openOwnReader = async (): Promise<LakeReader> => {
    await connection.run(`SET memory_limit = '${bufferBytes / 2}B'`);
    const own = await open(bufferBytes / 2);
    engines.push(own.context.engine);
    return openReader(own.context);
  };
  /** Everything but ingest is about a lake that is there. */
  const onLake = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await requireLake(storage);
    return work();
  };
  /** Spark needs a local lake for itself while it is written to. */
  const writing = async <Result>(command: string, work: () => Promise<Result>): Promise<Result> => {
    refuseWrongClock(context.now());
    if (storage.isRemote) return await work();
    const mode = engine.sharesLocalLakes ? 'shared' : 'exclusive';
    const lock = await lockLake(storage.url, { mode, engine: engine.name, command });
    try {
      return await work();
    } finally {
      await lock.release();
    }
  };
  return {
    ingest: (inputs, options) => writing('ingest', () => ingest(context, inputs, options)),
    run: (options) => onLake(() => writing('run', () => run(context, options))),
    previewRun: (options) => onLake(() => preview(context, options)),
    status: () => onLake(() => status(context)),
    query: (sql, options) => onLake(() => query(context, sql, options)),
    queryBatches: (sql, options) => onLake(() => queryBatches(context, sql, options)),
    listQuarantine: (options) => onLake(() => listQuarantine(context, options)),
    exportQuarantine: (options, sink) => onLake(() => exportQuarantine(context, options, sink)),
    verify: () => onLake(() => verify(context)),
    hashTables: () => onLake(() => hashTables(context)),
    maintain: (options) => onLake(() => writing('maintain', () => maintain(context, options))),
    reader: () => onLake(openOwnReader),
    purchaseFacts: () => onLake(() => readPurchaseFacts(context)),
    async close() {
      for (const each of engines) await each.close();
      await spill.release();
      await opened.close();
    },
  };
}

/** The one place that chooses an engine. */
async function openEngine(
  settings: Settings,
  connection: SqlConnection,
  delta: DeltaContext,
  { env = process.env, signal }: LakeHooks,
): Promise<Engine> {
  const common = {
    delta,
    eventTypes: eventTypeNames(settings),
    skipCheckout: settings.funnel.skipCheckout,
  };
  if (settings.engine === 'duckdb') {
    return await openDuckdbEngine({
      ...common,
      connection,
      threads: settings.duckdb.threads,
      functions: readModel('functions/duckdb'),
    });
  }
  if (settings.spark.url === undefined) {
    throw new ClicklakeError('config_invalid', 'the spark engine needs a Spark Connect URL', {
      hint: 'give --spark-url sc://localhost:15002 or databricks://<workspace host>, or spark.url in clicklake.yaml',
    });
  }
  // Its client takes a while to load: only who needs it pays.
  const { openSparkEngine } = await import('../engines/spark/engine.ts');
  const { catalog, schema } = settings.spark;
  return await openSparkEngine({
    ...common,
    catalog: schema === undefined ? undefined : { catalog, schema },
    url: settings.spark.url,
    access: {
      settings: isAzureAddress(settings.lake)
        ? hadoopSettings(parseAzureAddress(settings.lake), env)
        : {},
      isPassed: settings.spark.passCredentials,
    },
    env,
    functions: readModel('functions/spark'),
    bronzeModels: { texts: readModel('bronze/spark'), typed: readModel('bronze/spark_typed') },
    signal,
  });
}

/** Times of reception order files and bound the times of events, and dates have four digits. */
function refuseWrongClock(nowMs: number): void {
  if (nowMs >= Date.UTC(2000, 0, 1) && nowMs < Date.UTC(9999, 0, 1)) return;
  const date = new Date(nowMs);
  const shown = Number.isNaN(date.getTime())
    ? 'no date at all'
    : `in the year ${date.getUTCFullYear()}`;
  throw new ClicklakeError('config_invalid', `the clock of this machine is ${shown}`, {
    hint: 'set the clock, and run the same command again; nothing was changed',
  });
}

async function requireLake(storage: Storage): Promise<void> {
  if (await holdsFiles(storage)) return;
  throw new ClicklakeError('not_found', `there is no lake at ${storage.url}`, {
    hint: 'take some events in first: clicklake ingest <file or folder>; or name another lake with --lake',
  });
}

async function holdsFiles(storage: Storage): Promise<boolean> {
  // The ledger's log is short to list, all of Bronze is not.
  for (const place of [`${BRONZE_ROOT}_ledger/_delta_log/`, BRONZE_ROOT]) {
    for await (const _file of storage.list(place)) return true;
  }
  return false;
}

/** Where the engine may spill: in the lake, which has room; looking at no lake must not make one. */
async function spillFolder(
  storage: Storage,
  configured: string | undefined,
): Promise<{ path: string; release(): Promise<void> }> {
  if (configured !== undefined) return { path: configured, release: async () => {} };
  if (await holdsFiles(storage)) return readersWorkFolder(storage, 'engine');
  return { path: join(tmpdir(), `clicklake-${process.pid}`), release: async () => {} };
}

/** The one place that chooses a storage by the lake's address. */
async function openStorage(
  { lake, azure, cache }: Settings,
  { env = process.env, onProgress, signal }: LakeHooks,
): Promise<Storage & { close(): Promise<void> }> {
  if (isAzureAddress(lake)) {
    // The SDK takes longer to load than everything else: only who needs it pays.
    const { openAzureStorage } = await import('../storage/azure/azure.ts');
    return await openAzureStorage(lake, {
      env,
      cache: { folder: cache.folder, maxBytes: cache.maxMb * MEGABYTE },
      maxTries: azure.maxTries,
      retryDelayMs: azure.retryDelayMs,
      timeoutMs: azure.requestTimeoutMs,
      signal,
      onTransfer: (transfer) => onProgress?.({ stage: 'transfer', ...transfer }),
    });
  }
  if (!isRemoteAddress(lake)) {
    return { ...openLocalStorage(lake), close: async () => {} };
  }
  throw new ClicklakeError(
    'config_invalid',
    `a lake at ${lake.replace(/\/\/[^/]*:[^/]*@/, '//…@')} is not supported`,
    {
      hint: 'use a local folder, for example --lake ./lake, or abfss://container@account.dfs.core.windows.net/path',
    },
  );
}

/** Every spelling an event type may have, lower case, and the name it stands for. */
function eventTypeNames({ silver }: Settings): Map<string, string> {
  const names = new Map(silver.eventTypes.map((name) => [name, name]));
  for (const [spelling, name] of Object.entries(silver.eventTypeAliases)) {
    if (!names.has(spelling)) names.set(spelling, name);
  }
  return names;
}
