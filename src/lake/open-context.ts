/** Assembles a lake: its storage, an engine, and the context for the pipeline. */
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
import { openEngine, sparkConnectOptions } from './choose-engine.ts';
import { openStorage } from './choose-storage.ts';
import { holdsFiles } from './guards.ts';

export interface LakeHooks {
  onProgress?: ProgressListener;
  /** Aborting stops the work; on Spark at once. What is committed stays. */
  signal?: AbortSignal;
  /** The clock for times of reception, in milliseconds since the epoch. Default: the real one. */
  now?: () => number;
  /**
   * The environment with the credentials of a remote lake or Spark. Default: that of the process.
   */
  env?: Readonly<Record<string, string | undefined>>;
  /** The folder that relative inputs refer to. Default: the working folder of the process. */
  cwd?: string;
  /** From how many files in the ledger on a run may leave out old date folders, for tests. */
  manyFiles?: number;
  /** Wraps the storage, for tests. Default: nothing. */
  wrapStorage?: (storage: Storage) => Storage;
}

/**
 * DuckDB's own limit covers only its buffers. Its other allocations and Node's memory come on top:
 * measured, up to 500 MB with buffers of 800 MB.
 */
const BUFFER_SHARE = 0.7;
const MEGABYTE = 1_000_000;
/** Two pages of a listing in Azure: listing this many takes a second or less. */
const MANY_FILES = 10_000;

export interface OpenContexts {
  context: LakeContext;
  /**
   * Opens another session, so that neither waits for the other. From then on each has a third of the
   * memory: a reader and the one that replaces it may be open at a time.
   */
  openOwn(): Promise<{ context: LakeContext; close(): Promise<void> }>;
  /**
   * Opens a session on Spark for the same lake; the caller closes its engine. Throws
   * `config_invalid` if there is no URL.
   */
  openSpark(): Promise<LakeContext>;
  close(): Promise<void>;
}

/** Nothing is created in the lake before the first write. */
export async function openContexts(settings: Settings, hooks: LakeHooks): Promise<OpenContexts> {
  const opened = await openStorage(settings, hooks);
  const storage = hooks.wrapStorage?.(opened) ?? opened;
  const spill = await spillFolder(storage, settings.duckdb.tempDir);
  const bufferBytes = settings.duckdb.memoryLimitMb * MEGABYTE * BUFFER_SHARE;
  const contexts = new Set<LakeContext>();
  const open = async (memoryLimitBytes: number) => {
    const connection = await openSqlConnection({
      memoryLimitBytes,
      threads: settings.duckdb.threads,
      spillFolder: spill.path,
    });
    const { context, openSpark } = await openContext(settings, hooks, storage, connection);
    contexts.add(context);
    return { connection, context, openSpark };
  };
  const { connection, context, openSpark } = await open(bufferBytes);
  return {
    context,
    async openOwn() {
      await connection.limitMemory(bufferBytes / 3);
      const { context: own } = await open(bufferBytes / 3);
      return {
        context: own,
        async close() {
          if (contexts.delete(own)) {
            await own.engine.close();
          }
        },
      };
    },
    openSpark,
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
  { env, now = Date.now, onProgress = () => {}, signal, manyFiles = MANY_FILES }: LakeHooks,
  storage: Storage,
  connection: SqlConnection,
): Promise<{ context: LakeContext; openSpark(): Promise<LakeContext> }> {
  const mappings = compileSources(
    settings.sources ?? {},
    settings.silver.extraColumns.map(({ name }) => name),
  );
  const delta = {
    storage,
    checkpointFiles: duckdbCheckpointFiles(connection.driver),
    engineInfo: `Clicklake/${packageVersion()}`,
  };
  const parts = { connection, delta, mappings, env, signal };
  if (settings.engine === 'auto') {
    // Not only the first large run must say that there is no URL.
    sparkConnectOptions(settings);
  }
  const name = settings.engine === 'spark' ? 'spark' : 'duckdb';
  const context = {
    ...{ settings, storage, delta, onProgress, signal, now, manyFiles },
    engine: await openEngine(name, settings, parts),
    recountSession: recountSession(connection, delta),
    tables: lakeTables(settings),
    mappings,
    snapshots: new Map(),
  };
  return {
    context,
    openSpark: async () => ({ ...context, engine: await openEngine('spark', settings, parts) }),
  };
}

/**
 * The folder for spilling: in the lake, which has space. A command that only reads must not create
 * a lake.
 */
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
