import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBValue,
  StatementType,
} from '@duckdb/node-api';
import { ClicklakeError } from '../../errors.ts';
import { identifier, literal } from './sql-text.ts';

export interface SessionOptions {
  /** Upper limit for DuckDB's buffers, in bytes; beyond it DuckDB spills to `spillFolder`. */
  memoryLimitBytes: number;
  threads: number;
  spillFolder: string;
}

/** One in-memory DuckDB with the settings every model relies on. */
export interface Session {
  readonly connection: DuckDBConnection;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<DuckDBValue[][]>;
  /** One statement of the user's. Throws `query_failed` unless it is one, and only reads. */
  namedRows(
    sql: string,
  ): Promise<{ columns: { name: string; type: string }[]; rows: DuckDBValue[][] }>;
  rowBatches(sql: string): AsyncIterable<DuckDBValue[][]>;
  close(): void;
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: `${options.memoryLimitBytes}B`,
    temp_directory: options.spillFolder,
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  // This rewrite fails on some windows over joined temporary tables in DuckDB 1.5 (internal error).
  await connection.run(`SET disabled_optimizers = 'top_n_window_elimination'`);
  return {
    connection,
    async run(sql) {
      await connection.run(sql).catch((error: unknown) => fail(error, sql));
    },
    async rows(sql) {
      const reader = await connection
        .runAndReadAll(sql)
        .catch((error: unknown) => fail(error, sql));
      return reader.getRows();
    },
    async namedRows(sql) {
      const statement = await prepareQuery(connection, sql);
      const reader = await statement
        .runAndReadAll()
        .catch((error: unknown) => fail(error, sql))
        .finally(() => statement.destroySync());
      const types = reader.columnTypes();
      const columns = reader
        .columnNames()
        .map((name, index) => ({ name, type: String(types[index]) }));
      return { columns, rows: reader.getRows() };
    },
    async *rowBatches(sql) {
      const result = await connection.stream(sql).catch((error: unknown) => fail(error, sql));
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getRows();
      }
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Whatever else SQL can do (COPY, CREATE, ATTACH, SET …) would change files or this session. */
async function prepareQuery(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement> {
  const prepared = await prepareOnly(connection, sql).catch((error: unknown) => fail(error, sql));
  if (prepared?.statementType === StatementType.SELECT) return prepared;
  prepared?.destroySync();
  throw new ClicklakeError('query_failed', 'only one statement that reads can be run', {
    hint: 'give a single SELECT, FROM, WITH, DESCRIBE or SUMMARIZE',
  });
}

async function prepareOnly(
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement | undefined> {
  const statements = await connection.extractStatements(sql);
  return statements.count === 1 ? statements.prepare(0) : undefined;
}

/** Drops a table or view of this session, whichever it is. */
export async function dropRelation(session: Session, name: string): Promise<void> {
  const found = await session.rows(
    `SELECT table_type FROM information_schema.tables WHERE table_catalog = 'temp' AND table_name = ${literal(name)}`,
  );
  for (const [type] of found) {
    await session.run(`DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} temp.${identifier(name)}`);
  }
}

/** DuckDB tells the kind of an error only in its text, so this is where texts are looked at. */
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

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
