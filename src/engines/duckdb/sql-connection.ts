import { createRequire } from 'node:module';
import { TextDecoder } from 'node:util';
import type {
  DuckDBConnection,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBValue,
} from '@duckdb/node-api';
import { ClicklakeError } from '../../errors.ts';

export interface SqlConnectionOptions {
  /** Upper limit for DuckDB's buffers, in bytes; beyond it DuckDB spills to `spillFolder`. */
  memoryLimitBytes: number;
  /** Threads for statements that read much. */
  threads: number;
  spillFolder: string;
}

export type RelationKind = 'TABLE' | 'VIEW';

/** One in-memory DuckDB with the settings every model relies on. */
export interface SqlConnection {
  readonly driver: DuckDBConnection;
  /** The temporary tables and views there are; only src/engines/duckdb/relations.ts makes and drops them. */
  readonly relations: Map<string, RelationKind>;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<DuckDBValue[][]>;
  /** One statement of the user's. Throws `query_failed` unless it is one, and only reads. */
  namedRows(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{
    columns: { name: string; type: string }[];
    batches: AsyncIterable<DuckDBValue[][]>;
  }>;
  rowBatches(sql: string): AsyncIterable<DuckDBValue[][]>;
  /** Says how much the next statements may read [bytes]: if it is much, they run on all threads from now on. */
  expectBytes(bytes: number): Promise<void>;
  withOneThread<Result>(work: () => Promise<Result>): Promise<Result>;
  memoryLimitBytes(): number;
  limitMemory(bytes: number): Promise<void>;
  close(): void;
}

/**
 * What is smaller is read by one thread: to start work on others, and to bring their results together, costs
 * a fifth of the processor time of a small run, and saves none.
 */
const LARGE_BYTES = 4 * 1024 * 1024;

/** The driver is CommonJS; with `require` Node loads it in half the time. */
const require = createRequire(import.meta.url);
const {
  DuckDBInstance,
  StatementType,
}: typeof import('@duckdb/node-api') = require('@duckdb/node-api');
/**
 * The driver decodes text with this decoder, which would take a byte-order mark off the start of every
 * text. Its module is named here because the driver has no setting for it.
 */
const driverText: {
  textDecoder: TextDecoder;
} = require('@duckdb/node-api/lib/vectors/dataAccessors.js');

/**
 * Part of the memory limit that DuckDB keeps once it has used it: memory that is given back to the system
 * after each statement costs as much again to get. A larger part makes nothing quicker.
 */
const KEPT_SHARE = 1 / 3;

export async function openSqlConnection(options: SqlConnectionOptions): Promise<SqlConnection> {
  driverText.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: `${options.memoryLimitBytes}B`,
    temp_directory: options.spillFolder,
    preserve_insertion_order: 'false',
    block_allocator_memory: `${Math.floor(options.memoryLimitBytes * KEPT_SHARE)}B`,
    // All files are local, and the system keeps them in memory as well.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  // This rewrite fails on some windows over joined temporary tables in DuckDB 1.5 (internal error).
  await connection.run(`SET disabled_optimizers = 'top_n_window_elimination'`);
  let { memoryLimitBytes } = options;
  let threads = 1;
  const useThreads = async (count: number): Promise<void> => {
    if (count !== threads) {
      await connection.run(`SET threads = ${count}`);
      threads = count;
    }
  };
  return {
    driver: connection,
    relations: new Map(),
    async run(sql) {
      await connection.run(sql).catch((error: unknown) => fail(error, sql));
    },
    async rows(sql) {
      const reader = await connection
        .runAndReadAll(sql)
        .catch((error: unknown) => fail(error, sql));
      return reader.getRows();
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
    async withOneThread(work) {
      const before = threads;
      await useThreads(1);
      try {
        return await work();
      } finally {
        await useThreads(before);
      }
    },
    memoryLimitBytes: () => memoryLimitBytes,
    async limitMemory(bytes) {
      await connection.run(`SET memory_limit = '${bytes}B'`);
      memoryLimitBytes = bytes;
    },
    close() {
      connection.closeSync();
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

/** Whatever else SQL can do (COPY, CREATE, ATTACH, SET …) would change files or this session. */
async function prepareQuery(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement> {
  const prepared = await prepareOnly(connection, sql).catch((error: unknown) => {
    // DuckDB would complain of a view that cannot be changed.
    if (CHANGES_ROWS.test(sql)) {
      return undefined;
    }
    return failUser(error, sql);
  });
  if (prepared?.statementType === StatementType.SELECT) {
    return prepared;
  }
  prepared?.destroySync();
  throw new ClicklakeError('query_failed', 'only one statement that reads can be run', {
    hint: 'give a single SELECT, FROM, WITH, SHOW TABLES, DESCRIBE or SUMMARIZE',
  });
}

/** Only comments, semicolons and white space, for which DuckDB has no useful message. */
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

/** DuckDB's messages about files that are not Parquet, or whose pages are damaged. */
const DATA_UNREADABLE =
  /No magic bytes found|too small to be a Parquet file|^Invalid Error: (?:Out of buffer|TProtocol|don't know what type)|TProtocolException|^IO Error: .*(?:parquet|decompress|ZSTD)|ZSTD [Dd]ecompression|Corrupt|corrupt/;

/** DuckDB gives the kind of an error only in its message, so messages are matched here and nowhere else. */
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

/** An unknown error in a user's statement is reported as an error of that statement. */
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
