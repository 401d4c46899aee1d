/**
 * The names of a session: temporary tables, and queries with a name. DuckDB would look at a view when it is
 * made, and again in each statement that reads it, which is a fifth of the work of a small run. So a named query
 * is only remembered, and put in front of the statements that read it.
 */
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';

export interface Relations {
  readonly tables: Set<string>;
  /** By name, in small letters. */
  readonly queries: Map<string, NamedQuery>;
  /** The queries that are views as well. */
  readonly views: Set<string>;
}

interface NamedQuery {
  name: string;
  sql: string;
  /** The words of the SQL, in small letters. */
  words: ReadonlySet<string>;
}

export function noRelations(): Relations {
  return { tables: new Set(), queries: new Map(), views: new Set() };
}

/** Makes a table in place of what has the name; `definition`: its columns in brackets, or `AS` and a query. */
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
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${identifier(name)} ${text}`);
  tables.add(name);
}

/** Gives a query a name, in place of what has it. Nothing is looked at yet. */
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
    await connection.run(`DROP TABLE temp.${identifier(name)}`);
  } else if (queries.has(name.toLowerCase())) {
    await dropViews(connection);
    queries.delete(name.toLowerCase());
  }
}

/** The query with all named queries that it reads in front, on lines of their own. */
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

/** Makes views of the named queries that the SQL reads, where nothing can be put in front of it. */
export async function makeViews(connection: SqlConnection, sql: string): Promise<void> {
  const { views } = connection.relations;
  for (const { name, sql: query } of queriesIn(connection.relations, wordsOf(sql))) {
    if (!views.has(name)) {
      await connection.run(`CREATE OR REPLACE TEMP VIEW ${identifier(name)} AS ${query}`);
      views.add(name);
    }
  }
}

/** A view shows what the names it reads were; and it would be in the way of the name's next table. */
async function dropViews(connection: SqlConnection): Promise<void> {
  const { views } = connection.relations;
  for (const name of views) {
    await connection.run(`DROP VIEW temp.${identifier(name)}`);
  }
  views.clear();
}

/** The named queries among the words, and those that these read, each behind what it reads. */
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

/** Comments that fill a line are left out: headers of models name much that is not read. */
function wordsOf(sql: string): ReadonlySet<string> {
  const text = sql.replace(/^\s*--.*$/gm, '').toLowerCase();
  return new Set(text.match(/[a-z_]\w*/g) ?? []);
}
