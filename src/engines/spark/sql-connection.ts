/** A session on a Spark Connect server with the settings every model relies on, and its rows as plain values. */
import { ClicklakeError } from '../../errors.ts';
import type { Row } from '../session.ts';
import type { FileSource, QueryResult, SparkConnection } from './connect/index.ts';
import { explainError, explainQueryError } from './explain-error.ts';
import { type Columns, plainRows } from './plain-values.ts';
import { applySettings } from './session-settings.ts';

export interface SqlConnection {
  readonly driver: SparkConnection;
  /**
   * A statement without a result that runs before the next call, in the order of the calls: those that
   * wait go together as one script, since a round trip costs more than most of them. What fails is
   * thrown by that next call; what nothing follows never runs. `done` is called when it has run.
   */
  defer(sql: string, done?: () => Promise<void>): void;
  /** Runs one statement by itself. */
  run(sql: string): Promise<void>;
  /** All rows of a small result. */
  rows(sql: string): Promise<Row[]>;
  rowBatches(sql: string): AsyncIterable<Row[]>;
  /** See `SparkConnection.collect`. */
  collect(sql: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** One statement of the user's. Throws `query_failed` unless it only reads. */
  namedRows(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{ columns: { name: string; type: string }[]; batches: AsyncIterable<Row[]> }>;
  defineFiles(name: string, files: FileSource): Promise<void>;
  /** See `SparkConnection.defineRows`. */
  defineRows(name: string, arrowStream: Uint8Array, schema?: string): Promise<void>;
  close(): Promise<void>;
}

/** `connection` is closed with the session. Aborting ends the statement that runs, on the server too. */
export async function openSqlConnection(
  connection: SparkConnection,
  signal?: AbortSignal,
): Promise<SqlConnection> {
  const execution = signal === undefined ? {} : { signal };
  requireScripts(connection.sparkVersion);
  await applySettings(connection);
  const { defer, send, sendDeferred } = openScripts();
  const run = (sql: string): Promise<void> =>
    connection.run(sql, execution).catch((error: unknown) => {
      throw explainError(error);
    });
  const open = (sql: string): Promise<QueryResult> =>
    connection.query(sql, execution).catch((error: unknown) => {
      throw explainError(error);
    });
  return {
    driver: connection,
    defer,
    async run(sql) {
      await sendDeferred(run);
      await run(sql);
    },
    async rows(sql) {
      const { columns, batches } = await send(sql, open);
      const rows: Row[] = [];
      for await (const batch of batches) {
        rows.push(...plainRows(columns, batch));
      }
      return rows;
    },
    async *rowBatches(sql) {
      // The result of a script is collected on the server before it comes.
      await sendDeferred(run);
      const { columns, batches } = await open(sql);
      for await (const batch of batches) {
        yield plainRows(columns, batch);
      }
    },
    async collect(sql, maxBytes) {
      await sendDeferred(run);
      return await connection.collect(sql, maxBytes, execution).catch((error: unknown) => {
        throw explainError(error);
      });
    },
    async namedRows(sql, signal) {
      if (!READS.test(sql)) {
        throw onlyReads();
      }
      await sendDeferred(run);
      const execution = signal === undefined ? {} : { signal };
      const { columns, batches } = await connection
        .query(sql, execution)
        .catch((error: unknown) => {
          throw explainQueryError(error);
        });
      const named = withDistinctNames(columns);
      return {
        columns: named,
        batches: (async function* () {
          try {
            for await (const batch of batches) {
              yield plainRows(columns, batch);
            }
          } catch (error) {
            throw explainQueryError(error);
          }
        })(),
      };
    },
    async defineFiles(name, files) {
      await sendDeferred(run);
      await connection.defineFiles(name, { ...files, paths: files.paths.map(asPattern) });
    },
    async defineRows(name, arrowStream, schema) {
      await sendDeferred(run);
      await connection.defineRows(name, arrowStream, schema);
    },
    close: () => connection.close(),
  };
}

/** Statements go together as scripts, which Spark has had since version 4. */
function requireScripts(version: string): void {
  if (!/^[0-3]\./.test(version)) {
    return;
  }
  throw new ClicklakeError(
    'config_invalid',
    `this server runs Spark ${version}, and Clicklake needs Spark 4 or newer`,
    { hint: 'use a newer server: clicklake spark-server, or Databricks Runtime 17.3 or newer' },
  );
}

/** Puts deferred statements before the next one. */
function openScripts() {
  let deferred: { sql: string; done: (() => Promise<void>) | undefined }[] = [];
  /** The last script with deferred statements: what is sent meanwhile may need what it defines. */
  let sending: Promise<unknown> = Promise.resolve();

  const sendWith = async <T>(
    last: readonly string[],
    run: (sql: string) => Promise<T>,
  ): Promise<T> => {
    const taken = deferred;
    deferred = [];
    const before = sending;
    // A statement may end with a comment.
    const script = [...taken.map(({ sql }) => sql), ...last].join('\n;\n');
    const sent = before.then(() => run(`BEGIN ${script}\n;\nEND`));
    sending = sent.catch(() => {});
    const result = await sent;
    for (const { done } of taken) {
      await done?.();
    }
    return result;
  };
  return {
    defer(sql: string, done?: () => Promise<void>): void {
      deferred.push({ sql, done });
    },
    async send<T>(sql: string, run: (sql: string) => Promise<T>): Promise<T> {
      if (deferred.length > 0) {
        return await sendWith([sql], run);
      }
      await sending;
      return await run(sql);
    },
    async sendDeferred(run: (sql: string) => Promise<void>): Promise<void> {
      if (deferred.length > 0) {
        await sendWith([], run);
      }
      await sending;
    },
  };
}

/** What may stand between two words. */
const GAP = String.raw`(?:\s|--[^\n]*(?:\n|$)|/\*[\s\S]*?\*/)`;

/**
 * Statements are told by their first word; Spark runs one at a time, and WITH or FROM may begin a
 * change.
 */
const READS = new RegExp(
  String.raw`^(?:${GAP}|\()*(?:(?:select|values|table|show|describe|desc|explain)\b|(?:with|from)\b(?![\s\S]*\b(?:insert${GAP}+(?:into|overwrite)|merge${GAP}+into|update${GAP}+[\w\x60"]|delete${GAP}+from)\b))`,
  'i',
);

function onlyReads(): ClicklakeError {
  return new ClicklakeError('query_failed', 'only one statement that reads can be run', {
    hint: 'give a single SELECT, FROM, WITH, VALUES, SHOW or DESCRIBE',
  });
}

/** Spark takes some characters of a path for a pattern; written so they stand for themselves. */
export function asPattern(path: string): string {
  return path.replace(/[{}[\]*?\\]/g, '\\$&');
}

function withDistinctNames(columns: Columns): { name: string; type: string }[] {
  const taken = new Set<string>();
  return columns.map(({ name, type }) => {
    let distinct = name;
    for (let number = 1; taken.has(distinct); number += 1) {
      distinct = `${name}_${number}`;
    }
    taken.add(distinct);
    return { name: distinct, type };
  });
}
