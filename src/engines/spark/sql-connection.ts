/** A session on a Spark Connect server with the settings every model relies on, and its rows as plain values. */
import { ClicklakeError } from '../../errors.ts';
import type { Row } from '../session.ts';
import type { FileSource, QueryResult, SparkConnection } from './connect/index.ts';
import { explainError, explainQueryError } from './explain-error.ts';
import { type Columns, plainRows } from './plain-values.ts';
import { applySettings } from './session-settings.ts';

export interface SqlConnection {
  readonly driver: SparkConnection;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<Row[]>;
  rowBatches(sql: string): AsyncIterable<Row[]>;
  /** One statement of the user's. Throws `query_failed` unless it only reads. */
  namedRows(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{ columns: { name: string; type: string }[]; batches: AsyncIterable<Row[]> }>;
  defineFiles(name: string, files: FileSource): Promise<void>;
  close(): Promise<void>;
}

/** `connection` is closed with the session. Aborting ends the statement that runs, on the server too. */
export async function openSqlConnection(
  connection: SparkConnection,
  signal?: AbortSignal,
): Promise<SqlConnection> {
  const execution = signal === undefined ? {} : { signal };
  await applySettings(connection);
  const open = (sql: string): Promise<QueryResult> =>
    connection.query(sql, execution).catch((error: unknown) => {
      throw explainError(error);
    });
  return {
    driver: connection,
    run: (sql) =>
      connection.run(sql, execution).catch((error: unknown) => {
        throw explainError(error);
      }),
    async rows(sql) {
      const { columns, batches } = await open(sql);
      const rows: Row[] = [];
      for await (const batch of batches) {
        rows.push(...plainRows(columns, batch));
      }
      return rows;
    },
    async *rowBatches(sql) {
      const { columns, batches } = await open(sql);
      for await (const batch of batches) {
        yield plainRows(columns, batch);
      }
    },
    async namedRows(sql, signal) {
      if (!READS.test(sql)) {
        throw onlyReads();
      }
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
      await connection.defineFiles(name, { ...files, paths: files.paths.map(asPattern) });
    },
    close: () => connection.close(),
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
function asPattern(path: string): string {
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
