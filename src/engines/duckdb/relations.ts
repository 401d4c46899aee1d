/**
 * The names of a session: tables in memory and named queries. DuckDB would bind a view when it is
 * created and again in each statement that reads it, which is a fifth of the work of a small run.
 * So a named query is only stored, and added as a CTE to the statements that read it.
 */
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';

export interface Relations {
  readonly tables: Set<string>;
  /** By name, in lower case. */
  readonly queries: Map<string, NamedQuery>;
  /** The named queries that also exist as views. */
  readonly views: Set<string>;
}

interface NamedQuery {
  name: string;
  sql: string;
  /** The words of the SQL, in lower case. */
  words: ReadonlySet<string>;
}

export function noRelations(): Relations {
  return { tables: new Set(), queries: new Map(), views: new Set() };
}

/** Creates or replaces a table. `definition`: its columns in parentheses, or `AS` and a query. */
export async function createTable(
  connection: SqlConnection,
  name: string,
  definition: { columns: string } | { select: string },
): Promise<void> {
  const { tables, queries } = connection.relations;
  const text =
    'columns' in definition
      ? `(${definition.columns})`
      : `AS ${withQueries(connection, definition.select)}`;
  if (queries.has(name.toLowerCase())) {
    await dropViews(connection);
    queries.delete(name.toLowerCase());
  }
  await connection.run(`CREATE OR REPLACE TABLE ${identifier(name)} ${text}`);
  tables.add(name);
}

/** Names a query, replacing what had the name. The query is not checked yet. */
export async function nameQuery(
  connection: SqlConnection,
  name: string,
  sql: string,
): Promise<void> {
  await dropRelation(connection, name);
  connection.relations.queries.set(name.toLowerCase(), { name, sql, words: wordsOf(sql) });
}

/**
 * Skips names that do not exist, without a statement: a plan drops all names it could have defined,
 * which are hundreds.
 */
export async function dropRelation(connection: SqlConnection, name: string): Promise<void> {
  const { tables, queries } = connection.relations;
  if (tables.delete(name)) {
    await connection.run(`DROP TABLE memory.main.${identifier(name)}`);
  } else if (queries.has(name.toLowerCase())) {
    await dropViews(connection);
    queries.delete(name.toLowerCase());
  }
}

/** The SQL with all named queries that it reads as CTEs in front, on separate lines. */
export function withQueries({ relations }: SqlConnection, sql: string): string {
  const read = queriesIn(relations, wordsOf(sql));
  if (read.length === 0) {
    return sql;
  }
  const named = read.map(
    ({ name, sql: query }) => `${identifier(name)} AS NOT MATERIALIZED (${query}\n)`,
  );
  const front = `WITH ${named.join(',\n')}`;
  const [, with_ = '', rest = ''] = /^(?:\s|--.*\n)*(WITH\s+)?([\s\S]*)$/i.exec(sql) ?? [];
  if (with_ === '') {
    return /^SELECT\b/i.test(rest)
      ? `${front}\n${sql}`
      : `${front}\nSELECT * FROM (\n${sql}\n) AS q`;
  }
  const hasOneOfTheNames = read.some(({ name }) =>
    new RegExp(`\\b${name}"?\\s+AS\\s+(?:(?:NOT\\s+)?MATERIALIZED\\s+)?\\(`, 'i').test(rest),
  );
  return hasOneOfTheNames || /^RECURSIVE\b/i.test(rest)
    ? `${front}\nSELECT * FROM (\n${sql}\n) AS q`
    : `${front},\n${rest}`;
}

/**
 * Creates views for the named queries that the SQL reads, for statements that cannot begin with
 * CTEs.
 */
export async function makeViews(connection: SqlConnection, sql: string): Promise<void> {
  const { views } = connection.relations;
  for (const { name, sql: query } of queriesIn(connection.relations, wordsOf(sql))) {
    if (!views.has(name)) {
      await connection.run(`CREATE OR REPLACE TEMP VIEW ${identifier(name)} AS ${query}`);
      views.add(name);
    }
  }
}

/** Otherwise the view would keep its old inputs, and block a later table of this name. */
async function dropViews(connection: SqlConnection): Promise<void> {
  const { views } = connection.relations;
  for (const name of views) {
    await connection.run(`DROP VIEW temp.${identifier(name)}`);
  }
  views.clear();
}

/** The named queries among the words, with those that they read, in order of dependency. */
function queriesIn(relations: Relations, words: ReadonlySet<string>): NamedQuery[] {
  const found = new Set<NamedQuery>();
  const visit = (among: ReadonlySet<string>, readers: readonly NamedQuery[]): void => {
    for (const word of among) {
      const query = relations.queries.get(word);
      if (query !== undefined && !found.has(query) && !readers.includes(query)) {
        visit(query.words, [...readers, query]);
        found.add(query);
      }
    }
  };
  visit(words, []);
  return [...found];
}

/** Comments, texts in quotes of any kind, and what may be a name, in quotes or not. */
const TOKENS = new RegExp(
  [
    String.raw`--[^\n]*`,
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`\be'(?:[^'\\]|\\[\s\S]|'')*'`,
    `'(?:[^']|'')*'`,
    String.raw`\$(?<tag>[a-z_]\w*)?\$[\s\S]*?\$\k<tag>\$`,
    `"(?<quoted>(?:[^"]|"")*)"`,
    String.raw`(?<word>[a-z_]\w*)`,
  ].join('|'),
  'g',
);

function wordsOf(sql: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const { groups } of sql.toLowerCase().matchAll(TOKENS)) {
    const name = groups?.quoted ?? groups?.word;
    if (name !== undefined) {
      words.add(name);
    }
  }
  return words;
}
