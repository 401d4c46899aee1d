/** A session on a Spark Connect server with the settings every model relies on, and its rows as plain values. */
import { ClicklakeError } from '../../errors.ts';
import type { Row } from '../session.ts';
import {
  countRows,
  type FileSource,
  type GivenRelation,
  type QueryResult,
  readColumns,
  readRows,
  type SparkConnection,
  SparkError,
} from './connect/index.ts';
import { explainError, explainQueryError } from './explain-error.ts';
import { type Columns, plainRows } from './plain-values.ts';
import { requireCapable } from './requirements.ts';
import { selectPart } from './results-together.ts';
import { applySettings } from './session-settings.ts';
import { identifier } from './sql-text.ts';

export interface SqlConnection {
  readonly driver: SparkConnection;
  /** Spark is one process, with settings of ours. */
  readonly isLocal: boolean;
  /**
   * A statement without a result that runs before the next call, in the order of the calls: those that
   * wait go together as one script, since a round trip costs more than most of them. What fails is
   * thrown by that next call; what nothing follows never runs. `done` is called when it has run.
   */
  defer(sql: string, done?: () => Promise<void>): void;
  /** Runs the deferred statements. */
  settle(): Promise<void>;
  /** Runs one statement by itself. */
  run(sql: string): Promise<void>;
  /** Runs one statement that writes, where it can together with those that wait. */
  write(sql: string): Promise<void>;
  /** All rows of a small result. */
  rows(sql: string): Promise<Row[]>;
  rowBatches(sql: string): AsyncIterable<Row[]>;
  /**
   * All rows of a SELECT as one Arrow stream; undefined when they take more bytes. More than `maxReplyRows`
   * are asked for twice.
   */
  collect(sql: string, maxBytes: number, maxReplyRows?: number): Promise<CollectedRows | undefined>;
  /** One statement of the user's. Throws `query_failed` unless it only reads. */
  namedRows(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{ columns: { name: string; type: string }[]; batches: AsyncIterable<Row[]> }>;
  /** Gives files a name, where it can with the next call. */
  defineFiles(name: string, files: FileSource): Promise<void>;
  /** Gives rows a name, where it can with the next call; see `SparkConnection.defineRows`. */
  defineRows(name: string, arrowStream: Uint8Array, schema?: string): Promise<void>;
  /** Gives names to the first of several results that came together, on a local Spark. */
  defineParts(names: readonly string[], arrowStream: Uint8Array): void;
  /** Announces about how many bytes will be read at a time; large reads use compiled code. */
  expectBytes(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface CollectedRows {
  stream: Uint8Array;
  rowCount: number;
}

/** More rows are not asked for with the answer of a script, which Spark collects before it comes. */
const MAX_REPLY_ROWS = 50_000;

/** More are sent at once, and not held until the next call. */
const MAX_GIVEN_BYTES = 1024 * 1024;

/** From here on it pays to compile the code of a query. */
const LARGE_READ_BYTES = 16 * 1024 * 1024;

/** `connection` is closed with the session. Aborting ends the statement that runs, on the server too. */
export async function openSqlConnection(
  connection: SparkConnection,
  signal?: AbortSignal,
): Promise<SqlConnection> {
  const execution = signal === undefined ? {} : { signal };
  const { isLocal, expectLarge } = await applySettings(connection);
  await requireCapable(connection);
  const { defer, isWaiting, send, sendDeferred } = openScripts();
  const explained = async <T>(sent: Promise<T>): Promise<T> =>
    await sent.catch((error: unknown) => {
      throw explainError(error);
    });
  const run: Send<void> = (sql, given) => explained(connection.run(sql, { ...execution, given }));
  const open: Send<QueryResult> = (sql, given) =>
    explained(connection.query(sql, { ...execution, given }));
  /** What was given to a script would be gone after it, but for a session that keeps analyzed plans. */
  const give = (
    relation: GivenRelation,
    views: readonly { name: string; select: string }[],
  ): void => {
    for (const [index, { name, select }] of views.entries()) {
      const sql = `CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS ${select}`;
      defer(sql, undefined, index === 0 ? relation : undefined);
    }
  };
  const giveAs = (name: string, relation: GivenRelation): void =>
    give(relation, [{ name, select: `SELECT * FROM ${relation.name}` }]);
  let givenCount = 0;
  const nextName = (): string => {
    givenCount += 1;
    return `given_${givenCount}`;
  };
  return {
    driver: connection,
    isLocal,
    defer: (sql, done) => defer(sql, done),
    settle: () => sendDeferred(run),
    async run(sql) {
      await sendDeferred(run);
      await run(sql, []);
    },
    async write(sql) {
      if (isLocal) {
        await send(sql, run);
      } else {
        await sendDeferred(run);
        await run(sql, []);
      }
    },
    async rows(sql) {
      if (isLocal && isWaiting()) {
        const answer = await send(sql, (script, given) =>
          explained(connection.reply(script, { ...execution, given })),
        );
        return plainRows(readColumns(answer), readRows(answer));
      }
      const { columns, batches } = isWaiting()
        ? await send(sql, open)
        : await sendDeferred(run).then(() => explained(connection.select(sql, execution)));
      const rows: Row[] = [];
      for await (const batch of batches) {
        rows.push(...plainRows(columns, batch));
      }
      return rows;
    },
    async *rowBatches(sql) {
      // The result of a script is collected on the server before it comes.
      await sendDeferred(run);
      const { columns, batches } = await open(sql, []);
      for await (const batch of batches) {
        yield plainRows(columns, batch);
      }
    },
    async collect(sql, maxBytes, maxReplyRows = MAX_REPLY_ROWS) {
      if (isLocal && isWaiting()) {
        // What is too large for an answer is asked for again: what waits may run twice.
        const reply: Send<Uint8Array | undefined> = (script, given) =>
          connection.reply(script, { ...execution, given }).catch((error: unknown) => {
            if (error instanceof SparkError && error.code === 'query_failed') {
              return undefined;
            }
            throw explainError(error);
          });
        const stream = await send(
          `SELECT * FROM (\n${sql}\n) LIMIT ${maxReplyRows}`,
          reply,
          (answer) => answer !== undefined,
        );
        const rowCount = stream === undefined ? maxReplyRows : countRows(stream);
        if (stream !== undefined && rowCount < maxReplyRows) {
          return stream.length > maxBytes ? undefined : { stream, rowCount };
        }
      }
      await sendDeferred(run);
      const stream = await explained(connection.collect(sql, maxBytes, execution));
      return stream && { stream, rowCount: countRows(stream) };
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
      const found = { ...files, paths: files.paths.map(asPattern) };
      if (isLocal) {
        giveAs(name, { name: nextName(), kind: 'files', files: found });
      } else {
        await sendDeferred(run);
        await connection.defineFiles(name, found);
      }
    },
    async defineRows(name, stream, schema) {
      if (isLocal && stream.length <= MAX_GIVEN_BYTES) {
        giveAs(name, { name: nextName(), kind: 'rows', stream, schema });
      } else {
        await sendDeferred(run);
        await connection.defineRows(name, stream, schema);
      }
    },
    defineParts(names, stream) {
      const given = nextName();
      const views = names.map((name, part) => ({ name, select: selectPart(given, part) }));
      give({ name: given, kind: 'rows', stream }, views);
    },
    async expectBytes(sizeBytes) {
      if (sizeBytes > LARGE_READ_BYTES) {
        await expectLarge();
      }
    },
    close: () => connection.close(),
  };
}

/** Sends a statement, or a script, with what it is given. */
type Send<T> = (sql: string, given: readonly GivenRelation[]) => Promise<T>;

interface Deferred {
  sql: string;
  done: (() => Promise<void>) | undefined;
  given: GivenRelation | undefined;
}

/** Puts deferred statements before the next one. */
function openScripts() {
  let deferred: Deferred[] = [];
  /** The last script with deferred statements: what is sent meanwhile may need what it defines. */
  let sending: Promise<unknown> = Promise.resolve();

  /** Where `hasRun` says no of the answer, the statements wait again. */
  const sendWith = async <T>(
    last: readonly string[],
    run: Send<T>,
    hasRun: (answer: T) => boolean = () => true,
  ): Promise<T> => {
    const taken = deferred;
    deferred = [];
    const before = sending;
    // A statement may end with a comment.
    const script = [...taken.map(({ sql }) => sql), ...last].join('\n;\n');
    const given = taken.flatMap((each) => each.given ?? []);
    const sent = before.then(() => run(`BEGIN ${script}\n;\nEND`, given));
    sending = sent.catch(() => {});
    const result = await sent;
    if (hasRun(result)) {
      for (const { done } of taken) {
        await done?.();
      }
    } else {
      deferred = [...taken, ...deferred];
    }
    return result;
  };
  return {
    defer(sql: string, done?: () => Promise<void>, given?: GivenRelation): void {
      deferred.push({ sql, done, given });
    },
    isWaiting: () => deferred.length > 0,
    async send<T>(sql: string, run: Send<T>, hasRun?: (answer: T) => boolean): Promise<T> {
      if (deferred.length > 0) {
        return await sendWith([sql], run, hasRun);
      }
      await sending;
      return await run(sql, []);
    },
    async sendDeferred(run: Send<void>): Promise<void> {
      if (deferred.length > 0) {
        await sendWith([], run);
      }
      await sending;
    },
  };
}

/** White space and comments between two words. */
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
  return new ClicklakeError('query_failed', 'only a single statement that reads is allowed', {
    hint: 'give a single SELECT, FROM, WITH, VALUES, SHOW or DESCRIBE',
  });
}

/** Escapes the characters of a path that Spark would read as a pattern. */
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
