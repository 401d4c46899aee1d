/**
 * Splits a query into parts that fit into memory and run one after the other. DuckDB spills most
 * intermediate results, but not the texts that an aggregate holds for each group.
 */
import type { Division } from '../session.ts';
import { makeViews, withQueries } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';

/**
 * Rows of the largest relation per part, for each megabyte of the memory limit; assumes 650 bytes
 * per row.
 */
const ROWS_PER_MB = 1_500;
const MEGABYTE = 1e6;

/** One query, or several that together return the rows of `sql`. */
export async function partsOf(
  connection: SqlConnection,
  sql: string,
  division: Division | undefined,
): Promise<string[]> {
  const [largest] = division?.relations ?? [];
  if (division === undefined || largest === undefined) {
    return [sql];
  }
  const select = `SELECT count(*) FROM ${identifier(largest)}`;
  const [row] = await connection.rows(withQueries(connection, select));
  const rowsOfPart = (connection.memoryLimitBytes() / MEGABYTE) * ROWS_PER_MB;
  const count = Math.max(1, Math.ceil(Number(row?.[0]) / rowsOfPart));
  if (count > 1) {
    await makeViews(connection, division.relations.join(' '));
  }
  return divide(sql, division, count);
}

/** The query restricted to the first, second … of `count` parts of its input. */
export function divide(sql: string, { relations, column }: Division, count: number): string[] {
  if (count === 1) {
    return [sql];
  }
  return Array.from({ length: count }, (_, part) => {
    const shadows = relations.map((name) => {
      const isInPart = `hash(${identifier(column)}) % ${count} = ${part}`;
      return `${identifier(name)} AS (SELECT * FROM main.${identifier(name)} WHERE ${isInPart})`;
    });
    return `WITH ${shadows.join(', ')} SELECT * FROM (${sql}\n) AS part`;
  });
}
