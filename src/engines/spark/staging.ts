/**
 * Results that are computed once and kept under a session-local name.
 *
 * Where Spark is near, small ones come here and go back as rows of the plan: reading them takes no
 * files and no job, and Spark knows how few there are, and drops what nothing comes of. The others are
 * files, computed with the next statement that somebody waits for.
 */
import type { Row } from '../session.ts';
import { readRecords } from './connect/index.ts';
import { divideRecords, divideRows, selectTogether } from './results-together.ts';
import { asPattern, type CollectedRows, type SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';
import type { SparkWork } from './work.ts';

export interface Staging {
  /** Keeps the result of a query as `name`. Returns its rows where they came here. */
  stage(name: string, sql: string): Promise<CollectedRows | undefined>;
  /** See `Session.computeTogether`. */
  computeTogether(
    kept: readonly { name: string; sql: string }[],
    queries: readonly string[],
  ): Promise<Row[][]>;
  /** Adds the rows of a query to what is kept as `name`. */
  extend(name: string, sql: string): Promise<void>;
  /** Announces large results: from now on results are written to files at once. */
  expectLarge(): void;
  /** How many rows a result has; undefined: not known. */
  rowCountOf(name: string): number | undefined;
  /**
   * Fetches the rows of names of any kind, where they are not here and all together are few; Spark keeps
   * nothing of them. If they are many, keeps each in files. `large` are kept in files at once.
   */
  fetch(names: readonly string[], large: ReadonlySet<string>): Promise<void>;
  /** The rows of a name on this machine; undefined: they are not, or in several parts. */
  here(name: string): Promise<KeptHere | undefined>;
  /** The name is used for something else now. */
  replaced(name: string): void;
  /** Forgets results and views; unknown names are ignored. */
  drop(names: readonly string[]): void;
}

/** What is fetched to be written here. */
const MAX_FETCHED_ROWS = 200_000;
const MAX_FETCHED_BYTES = 32 * 1024 * 1024;

/** After so many results that were not small the next ones are not expected to be. */
const MAX_TOO_LARGE = 3;

/** Rows: the values of each by column, as Spark's answers have them. The path is that of a folder of Parquet files. */
export type KeptHere =
  | { kind: 'rows'; rows(): readonly Record<string, unknown>[] }
  | { kind: 'folder'; path: string };

/** A result of so many bytes is planned in less time than files are written and read. */
export const SMALL_RESULT_BYTES = 4 * 1024 * 1024;

/** One of the parts of a result: a folder of the work area, or a view of rows. */
type Part = { name: string } & (
  | { kind: 'folder' }
  | { kind: 'rows'; rows(): readonly Record<string, unknown>[] }
);

export function openStaging(
  connection: SqlConnection,
  openWork: () => Promise<SparkWork>,
  expected: { areSmall: boolean },
): Staging {
  const kept = new Map<string, Part[]>();
  /** Names that stand for what is kept under them, and for nothing else since. */
  const current = new Set<string>();
  const rowCounts = new Map<string, number>();
  const fetched = new Map<string, readonly Record<string, unknown>[]>();
  let count = 0;
  let { areSmall } = expected;
  let tooLargeCount = 0;
  const forget = async (parts: readonly Part[]): Promise<void> => {
    for (const { kind, name } of parts) {
      if (kind === 'folder') {
        await (await openWork()).remove(name);
      } else {
        connection.defer(`DROP VIEW IF EXISTS ${identifier(name)}`);
      }
    }
  };
  const show = async (name: string, parts: Part[]): Promise<void> => {
    const replaced = (kept.get(name) ?? []).filter((each) => !parts.includes(each));
    const selected: string[] = [];
    for (const { kind, name: part } of parts) {
      const source =
        kind === 'rows'
          ? identifier(part)
          : `parquet.${identifier(asPattern((await openWork()).url(part)))}`;
      selected.push(`SELECT * FROM ${source}`);
    }
    connection.defer(
      `CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS ${selected.join(' UNION ALL ')}`,
      () => forget(replaced),
    );
    kept.set(name, parts);
    current.add(name);
    fetched.delete(name);
  };
  const replaced = (name: string): void => {
    rowCounts.delete(name);
    current.delete(name);
    fetched.delete(name);
  };
  const writeFolder = async (part: string, sql: string): Promise<Part> => {
    const url = (await openWork()).url(part);
    connection.defer(`INSERT OVERWRITE DIRECTORY ${literal(url)} USING parquet ${sql}`);
    return { kind: 'folder', name: part };
  };
  const nextPart = (name: string): string => {
    count += 1;
    return `${name}_${count}`;
  };
  const stage = async (name: string, sql: string): Promise<CollectedRows | undefined> => {
    rowCounts.delete(name);
    const part = nextPart(name);
    const rows = areSmall ? await connection.collect(sql, SMALL_RESULT_BYTES) : undefined;
    if (rows === undefined) {
      tooLargeCount += 1;
      areSmall &&= tooLargeCount < MAX_TOO_LARGE;
      await show(name, [await writeFolder(part, sql)]);
    } else {
      await connection.defineRows(part, rows.stream);
      rowCounts.set(name, rows.rowCount);
      await show(name, [{ kind: 'rows', name: part, rows: () => readRecords(rows.stream) }]);
    }
    return rows;
  };
  const computeTogether: Staging['computeTogether'] = async (results, queries) => {
    const asked = [...results.map(({ sql }) => sql), ...queries];
    const answer =
      areSmall && asked.length > 1
        ? await connection.collect(selectTogether(asked), SMALL_RESULT_BYTES)
        : undefined;
    if (answer === undefined) {
      const rows: Row[][] = [];
      for (const { name, sql } of results) {
        await stage(name, sql);
      }
      for (const sql of queries) {
        rows.push(await connection.rows(sql));
      }
      return rows;
    }
    const rows = divideRows(answer.stream, asked.length);
    const parts = results.map(({ name }) => nextPart(name));
    connection.defineParts(parts, answer.stream);
    for (const [index, { name }] of results.entries()) {
      const records = () => divideRecords(answer.stream, asked.length)[index] ?? [];
      await show(name, [{ kind: 'rows', name: parts[index] as string, rows: records }]);
      rowCounts.set(name, rows[index]?.length ?? 0);
    }
    return rows.slice(results.length);
  };
  return {
    stage,
    computeTogether,
    async extend(name, sql) {
      rowCounts.delete(name);
      const before = kept.get(name) ?? [];
      await show(name, [...before, await writeFolder(nextPart(name), sql)]);
    },
    expectLarge() {
      areSmall = false;
    },
    async here(name) {
      const rows = fetched.get(name);
      if (rows !== undefined) {
        return { kind: 'rows', rows: () => rows };
      }
      const [part, ...more] = current.has(name) ? (kept.get(name) ?? []) : [];
      if (part === undefined || more.length > 0) {
        return undefined;
      }
      if (part.kind === 'rows') {
        return part;
      }
      await connection.settle();
      return { kind: 'folder', path: (await openWork()).url(part.name) };
    },
    async fetch(names, large) {
      if (!areSmall) {
        return;
      }
      const inFiles = async (name: string): Promise<void> =>
        await show(name, [await writeFolder(nextPart(name), selectAll(name))]);
      for (const name of names.filter((each) => large.has(each) && !current.has(each))) {
        await inFiles(name);
      }
      const missing = names.filter((name) => !current.has(name));
      if (missing.length === 0) {
        return;
      }
      const answer = await connection.collect(
        selectTogether(missing.map(selectAll)),
        MAX_FETCHED_BYTES,
        MAX_FETCHED_ROWS,
      );
      if (answer === undefined) {
        // One large result must not make the small ones Spark's to write.
        for (const name of missing) {
          await inFiles(name);
        }
        return;
      }
      const parts = divideRecords(answer.stream, missing.length);
      for (const [index, name] of missing.entries()) {
        fetched.set(name, parts[index] ?? []);
      }
    },
    rowCountOf: (name) => rowCounts.get(name),
    replaced,
    drop(names) {
      for (const name of names) {
        replaced(name);
        const parts = kept.get(name) ?? [];
        kept.delete(name);
        connection.defer(`DROP VIEW IF EXISTS ${identifier(name)}`, () => forget(parts));
      }
    },
  };
}

function selectAll(name: string): string {
  return `SELECT * FROM ${identifier(name)}`;
}
