/** A session on a Spark Connect server with the settings every model relies on, and its rows as plain values. */
import { ClicklakeError } from '../../errors.ts';
import type { Row } from '../engine.ts';
import type { FileSource, QueryResult, SparkConnection, Value } from './connect/index.ts';
import { explainError, explainQueryError } from './explain-error.ts';
import { applySettings } from './session-settings.ts';

export interface Session {
  readonly connection: SparkConnection;
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
export async function openSession(
  connection: SparkConnection,
  signal?: AbortSignal,
): Promise<Session> {
  const execution = signal === undefined ? {} : { signal };
  await applySettings(connection);
  const open = (sql: string): Promise<QueryResult> =>
    connection.query(sql, execution).catch((error: unknown) => {
      throw explainError(error);
    });
  return {
    connection,
    run: (sql) =>
      connection.run(sql, execution).catch((error: unknown) => {
        throw explainError(error);
      }),
    async rows(sql) {
      const { columns, batches } = await open(sql);
      const rows: Row[] = [];
      for await (const batch of batches) rows.push(...plainRows(columns, batch));
      return rows;
    },
    async *rowBatches(sql) {
      const { columns, batches } = await open(sql);
      for await (const batch of batches) yield plainRows(columns, batch);
    },
    async namedRows(sql, signal) {
      if (!READS.test(sql)) throw onlyReads();
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
            for await (const batch of batches) yield plainRows(columns, batch);
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

/** Statements are told by their first word; Spark runs one at a time, and WITH may begin a change. */
const READS =
  /^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:(?:select|from|values|table|show|describe|desc|explain)\b|with\b(?![\s\S]*\b(?:insert\s+(?:into|overwrite)|merge\s+into|update\s+\w|delete\s+from)\b))/i;

function onlyReads(): ClicklakeError {
  return new ClicklakeError('query_failed', 'only one statement that reads can be run', {
    hint: 'give a single SELECT, FROM, WITH, VALUES, SHOW or DESCRIBE',
  });
}

/** Spark takes some characters of a path for a pattern; written so they stand for themselves. */
function asPattern(path: string): string {
  return path.replace(/[{}[\]*?\\]/g, '\\$&');
}

type Columns = readonly { name: string; type: string }[];

function withDistinctNames(columns: Columns): { name: string; type: string }[] {
  const taken = new Set<string>();
  return columns.map(({ name, type }) => {
    let distinct = name;
    for (let number = 1; taken.has(distinct); number += 1) distinct = `${name}_${number}`;
    taken.add(distinct);
    return { name: distinct, type };
  });
}

function plainRows(columns: Columns, rows: readonly Value[][]): Row[] {
  const convert = columns.map(({ type }) => converterOf(type));
  if (convert.every((each) => each === undefined)) return [...rows];
  return rows.map((row) => row.map((value, index) => convert[index]?.(value) ?? value));
}

type Convert = (value: Value) => unknown;

/** Instants and dates as the pipeline knows them; undefined: the value stays as it is. */
function converterOf(type: string): Convert | undefined {
  if (type === 'timestamp' || type === 'timestamp_ntz') {
    return (value) => (value === null ? null : new Instant(BigInt(value as bigint)));
  }
  if (type === 'date') return (value) => (value === null ? null : dateText(Number(value)));
  if (type === 'binary') {
    return (value) => (value === null ? null : Buffer.from(value as Uint8Array).toString('base64'));
  }
  if (type.startsWith('array<')) {
    const inner = converterOf(type.slice(6, -1));
    return inner && ((value) => (value as Value[] | null)?.map((item) => inner(item)) ?? null);
  }
  return type.startsWith('struct<') ? structText : undefined;
}

class Instant {
  readonly micros: bigint;
  constructor(micros: bigint) {
    this.micros = micros;
  }
}

const DAY_MS = 86_400_000;

function dateText(days: number): string {
  const date = new Date(days * DAY_MS);
  return Number.isNaN(date.getTime())
    ? `${days} days since 1970`
    : date.toISOString().slice(0, -14);
}

function structText(value: Value): unknown {
  return value === null ? null : { entries: value };
}
