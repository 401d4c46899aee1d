/** Puts the parts of a lake together: its storage, an engine, and what the pipeline works with. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Settings } from '../config/settings.ts';
import { duckdbCheckpointFiles } from '../engines/duckdb/checkpoint-files.ts';
import { recountSession } from '../engines/duckdb/recount-session.ts';
import { openSqlConnection, type SqlConnection } from '../engines/duckdb/sql-connection.ts';
import { compileSources } from '../mapping/source-mappings.ts';
import type { LakeContext } from '../pipeline/context.ts';
import { readersWorkFolder } from '../pipeline/readers-work-folder.ts';
import type { ProgressListener } from '../pipeline/reports.ts';
import { lakeTables } from '../pipeline/tables.ts';
import type { Storage } from '../storage/storage.ts';
import { packageVersion } from '../version.ts';
import { openEngine } from './choose-engine.ts';
import { openStorage } from './choose-storage.ts';
import { holdsFiles } from './guards.ts';

export interface LakeHooks {
  onProgress?: ProgressListener;
  /** Aborting stops the work, Spark's at once; what is committed stays. */
  signal?: AbortSignal;
  /** The clock that files are received by, milliseconds since the epoch. Default: the real one. */
  now?: () => number;
  /** Where the credentials of a remote lake or Spark are looked for. Default: the process's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where names of inputs begin. Default: the process's working folder. */
  cwd?: string;
  /** Put between the lake and its storage. Default: nothing. */
  wrapStorage?: (storage: Storage) => Storage;
}

/**
 * DuckDB's own limit covers its buffers. What it allocates beside them, and Node's memory, come on
 * top: measured, up to 500 MB with buffers of 800 MB.
 */
const BUFFER_SHARE = 0.7;
const MEGABYTE = 1_000_000;

export interface OpenContexts {
  context: LakeContext;
  /** A session of its own, with half of the memory, so that neither waits for the other. */
  openOwn(): Promise<LakeContext>;
  close(): Promise<void>;
}

/** Nothing is created in the lake before something is written. */
export async function openContexts(settings: Settings, hooks: LakeHooks): Promise<OpenContexts> {
  const opened = await openStorage(settings, hooks);
  const storage = hooks.wrapStorage?.(opened) ?? opened;
  const spill = await spillFolder(storage, settings.duckdb.tempDir);
  const bufferBytes = settings.duckdb.memoryLimitMb * MEGABYTE * BUFFER_SHARE;
  const contexts: LakeContext[] = [];
  const open = async (memoryLimitBytes: number) => {
    const connection = await openSqlConnection({
      memoryLimitBytes,
      threads: settings.duckdb.threads,
      spillFolder: spill.path,
    });
    const context = await openContext(settings, hooks, storage, connection);
    contexts.push(context);
    return { connection, context };
  };
  const { connection, context } = await open(bufferBytes);
  return {
    context,
    async openOwn() {
      await connection.limitMemory(bufferBytes / 2);
      return (await open(bufferBytes / 2)).context;
    },
    async close() {
      for (const { engine } of contexts) {
        await engine.close();
      }
      await spill.release();
      await opened.close();
    },
  };
}

async function openContext(
  settings: Settings,
  { env, now = Date.now, onProgress = () => {}, signal }: LakeHooks,
  storage: Storage,
  connection: SqlConnection,
): Promise<LakeContext> {
  const mappings = compileSources(
    settings.sources ?? {},
    settings.silver.extraColumns.map(({ name }) => name),
  );
  const delta = {
    storage,
    checkpointFiles: duckdbCheckpointFiles(connection.driver),
    engineInfo: `Clicklake/${packageVersion()}`,
  };
  return {
    ...{ settings, storage, delta, onProgress, signal, now },
    engine: await openEngine(settings, { connection, delta, mappings, env, signal }),
    recountSession: recountSession(connection, delta),
    tables: lakeTables(settings),
    mappings,
    snapshots: new Map(),
  };
}

/** Where the engine may spill: in the lake, which has room; looking at no lake must not make one. */
async function spillFolder(
  storage: Storage,
  configured: string | undefined,
): Promise<{ path: string; release(): Promise<void> }> {
  if (configured !== undefined) {
    return { path: configured, release: async () => {} };
  }
  if (await holdsFiles(storage)) {
    return readersWorkFolder(storage, 'engine');
  }
  return { path: join(tmpdir(), `clicklake-${process.pid}`), release: async () => {} };
}
