import { TextDecoder } from 'node:util';
import type {
  DuckDBConnection,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBValue,
} from '@duckdb/node-api';
import { ClicklakeError } from '../../errors.ts';
import { driverText, duckdb } from './driver.ts';
import { noRelations, type Relations } from './relations.ts';
import { shareTasks } from './share-tasks.ts';

export interface SqlConnectionOptions {
  /** Upper limit for DuckDB's buffers, in bytes. Above it DuckDB spills to `spillFolder`. */
  memoryLimitBytes: number;
  /** Threads for statements that read large inputs. */
  threads: number;
  spillFolder: string;
}

/** One in-memory DuckDB with the settings that every model relies on. */
export interface SqlConnection {
  readonly driver: DuckDBConnection;
  /** The names of the session. Only src/engines/duckdb/relations.ts changes them. */
  readonly relations: Relations;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<DuckDBValue[][]>;
  /**
   * Runs one statement of the user's. Throws `query_failed` unless it is a single statement that
   * only reads.
   */
  namedRows(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{
    columns: { name: string; type: string }[];
    batches: AsyncIterable<DuckDBValue[][]>;
  }>;
  rowBatches(sql: string): AsyncIterable<DuckDBValue[][]>;
  /**
   * The rows of each statement, in the order of the statements. Each runs on one thread, and several at a time:
   * for statements that read and write so little that threads cannot share the work. When an error is
   * thrown, none is running any more. They do not see views.
   */
  rowsOfSmall(statements: readonly string[]): Promise<DuckDBValue[][][]>;
  /**
   * Announces how many bytes the next statements may read. Above a limit, statements run on all
   * threads from now on.
   */
  expectBytes(bytes: number): Promise<void>;
  withOneThread<Result>(work: () => Promise<Result>): Promise<Result>;
  memoryLimitBytes(): number;
  limitMemory(bytes: number): Promise<void>;
  close(): void;
}

/**
 * Less data than this is read by one thread. Starting other threads and merging their results takes a
 * fifth of the CPU time of a small run and saves none.
 */
const LARGE_BYTES = 4 * 1024 * 1024;

const { DuckDBInstance, StatementType } = duckdb;

/**
 * The share of the memory limit that DuckDB keeps allocated between statements. Returning it to the
 * system and allocating it again is slower. A larger share is no faster.
 */
const KEPT_SHARE = 1 / 3;

/** More statements at a time would only wait, because Node.js runs so many calls at a time. */
const MOST_AT_A_TIME = 4;
/** Memory for a small statement: a row group as it is read, and as it is written. */
const SMALL_STATEMENT_BYTES = 100_000_000;

/** Opens an in-memory DuckDB. Close it when done. */
export async function openSqlConnection(options: SqlConnectionOptions): Promise<SqlConnection> {
  driverText.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${options.memoryLimitBytes}B`,
    temp_directory: options.spillFolder,
    preserve_insertion_order: 'false',
    block_allocator_memory: `${Math.floor(options.memoryLimitBytes * KEPT_SHARE)}B`,
    // All files are local and already in the system's file cache.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connect = async (): Promise<DuckDBConnection> => {
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    // In DuckDB 1.5 this optimizer fails with an internal error on some windows over joined tables
    // in memory.
    await connection.run(`SET disabled_optimizers = 'top_n_window_elimination'`);
    return connection;
  };
  const connection = await connect();
  const others: DuckDBConnection[] = [];
  let { memoryLimitBytes } = options;
  let threads = 1;
  const useThreads = async (count: number): Promise<void> => {
    if (count !== threads) {
      await connection.run(`SET threads = ${count}`);
      threads = count;
    }
  };
  const withOneThread = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const before = threads;
    await useThreads(1);
    try {
      return await work();
    } finally {
      await useThreads(before);
    }
  };
  const rowsOn = async (on: DuckDBConnection, sql: string): Promise<DuckDBValue[][]> => {
    const reader = await on.runAndReadAll(sql).catch((error: unknown) => fail(error, sql));
    return reader.getRows();
  };
  return {
    driver: connection,
    relations: noRelations(),
    async run(sql) {
      await connection.run(sql).catch((error: unknown) => fail(error, sql));
    },
    rows: (sql) => rowsOn(connection, sql),
    async rowsOfSmall(statements) {
      const inMemory = Math.floor(memoryLimitBytes / SMALL_STATEMENT_BYTES);
      const count = Math.min(statements.length, threads, MOST_AT_A_TIME, Math.max(1, inMemory));
      while (others.length < count - 1) {
        others.push(await connect());
      }
      // Each connection adds a thread of its own to the one.
      const connections = [connection, ...others].slice(0, count);
      return await withOneThread(() => shareTasks(connections, statements, rowsOn));
    },
    async namedRows(sql, signal) {
      const statement = await prepareQuery(connection, sql);
      const interrupt = (): void => connection.interrupt();
      signal?.addEventListener('abort', interrupt, { once: true });
      const release = (): void => {
        signal?.removeEventListener('abort', interrupt);
        statement.destroySync();
      };
      const result = await statement.stream().catch((error: unknown) => {
        release();
        return failUser(error, sql);
      });
      const types = result.columnTypes();
      const columns = result
        .deduplicatedColumnNames()
        .map((name, index) => ({ name, type: String(types[index]) }));
      const batches = fetchRows(result, (error) => failUser(error, sql), release);
      return { columns, batches };
    },
    async *rowBatches(sql) {
      const result = await connection.stream(sql).catch((error: unknown) => fail(error, sql));
      yield* fetchRows(result, (error) => fail(error, sql));
    },
    async expectBytes(bytes) {
      if (bytes > LARGE_BYTES) {
        await useThreads(options.threads);
      }
    },
    withOneThread,
    memoryLimitBytes: () => memoryLimitBytes,
    async limitMemory(bytes) {
      await connection.run(`SET memory_limit = '${bytes}B'`);
      memoryLimitBytes = bytes;
    },
    close() {
      for (const each of [connection, ...others]) {
        each.closeSync();
      }
      instance.closeSync();
    },
  };
}

async function* fetchRows(
  result: DuckDBResult,
  refuse: (error: unknown) => never,
  release: () => void = () => {},
): AsyncIterable<DuckDBValue[][]> {
  try {
    for (;;) {
      const chunk = await result.fetchChunk().catch(refuse);
      if (chunk === null || chunk.rowCount === 0) {
        return;
      }
      yield chunk.getRows();
    }
  } finally {
    release();
  }
}

/**
 * Only queries are allowed. Other statements (COPY, CREATE, ATTACH, SET …) would change files or
 * this session.
 */
async function prepareQuery(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement> {
  const prepared = await prepareOnly(connection, sql).catch((error: unknown) => {
    // DuckDB's own error would say that a view cannot be changed.
    if (CHANGES_ROWS.test(sql)) {
      return undefined;
    }
    return failUser(error, sql);
  });
  if (prepared?.statementType === StatementType.SELECT) {
    return prepared;
  }
  prepared?.destroySync();
  throw new ClicklakeError('query_failed', 'only a single statement that reads is allowed', {
    hint: 'give a single SELECT, FROM, WITH, SHOW TABLES, DESCRIBE or SUMMARIZE',
  });
}

/**
 * A statement of only comments, semicolons and white space, for which DuckDB has no useful error.
 */
const NOTHING = /^(?:\s|;|--[^\n]*|\/\*[\s\S]*?\*\/)*$/;
const CHANGES_ROWS = /^\s*(?:insert|update|delete|merge|truncate)\b/i;

async function prepareOnly(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement | undefined> {
  if (NOTHING.test(sql)) {
    return undefined;
  }
  const statements = await connection.extractStatements(sql);
  return statements.count === 1 ? statements.prepare(0) : undefined;
}

/** DuckDB's errors for files that are not Parquet, or have damaged pages. */
const DATA_UNREADABLE =
  /No magic bytes found|too small to be a Parquet file|^Invalid Error: (?:Out of buffer|TProtocol|don't know what type)|TProtocolException|^IO Error: .*(?:parquet|decompress|ZSTD)|ZSTD [Dd]ecompression|Corrupt|corrupt/;

/** DuckDB gives the kind of an error only in its message. Messages are matched only here. */
function fail(error: unknown, sql: string): never {
  const text = error instanceof Error ? error.message : String(error);
  const message = text.replace(/^Failed to extract statements: /, '');
  if (/No space left|disk quota|max_temp_directory_size|ENOSPC/i.test(message)) {
    throw new ClicklakeError('disk_full', `the disk is full: ${firstLine(message)}`, {
      hint: 'free some space and run again; nothing half-written is visible',
      cause: error,
    });
  }
  if (/^Out of Memory/i.test(message)) {
    throw new ClicklakeError('storage_failed', `not enough memory: ${firstLine(message)}`, {
      hint: 'raise memory_limit_mb, or lower silver.max_batch_mb',
      cause: error,
    });
  }
  if (DATA_UNREADABLE.test(message)) {
    throw new ClicklakeError('storage_failed', `data cannot be read: ${firstLine(message)}`, {
      hint: 'a data file seems to be damaged: restore it, or rebuild Silver and Gold with `clicklake run --full-refresh`',
      cause: error,
    });
  }
  const cause = new Error(`${message}\nSQL: ${sql.slice(0, 2000)}`, { cause: error });
  if (
    /^(Catalog|Binder|Parser|Syntax|Conversion|Invalid Input|Out of Range|Not implemented)/i.test(
      message,
    )
  ) {
    throw new ClicklakeError('query_failed', message, { cause });
  }
  throw new ClicklakeError('unexpected', `DuckDB failed: ${firstLine(message)}`, { cause });
}

/** In a user's statement an unknown error counts as an error of the statement. */
function failUser(error: unknown, sql: string): never {
  try {
    fail(error, sql);
  } catch (failure) {
    if (!(failure instanceof ClicklakeError) || failure.code !== 'unexpected') {
      throw failure;
    }
    throw new ClicklakeError('query_failed', failure.message, { cause: failure.cause });
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
