/**
 * Several queries as one: the rows of each in a column of its own, as structs, beside its number. A
 * statement costs more than most of the queries of a small run.
 */
import type { Row } from '../session.ts';
import { readColumns, readRows, type Value } from './connect/index.ts';
import { plainRows } from './plain-values.ts';

/** The columns of one query must have different names. */
export function selectTogether(queries: readonly string[]): string {
  const selects = queries.map((sql, part) => {
    const columns = queries.map((_, index) =>
      index === part ? `struct(q.*) AS part_${index}` : `NULL AS part_${index}`,
    );
    // A query may end with a comment.
    return `SELECT ${part} AS part, ${columns.join(', ')} FROM (\n${sql}\n) AS q`;
  });
  return selects.join('\nUNION ALL\n');
}

/** The rows of one of the queries again, from the relation that has the rows of all. */
export function selectPart(relation: string, part: number): string {
  return `SELECT part_${part}.* FROM ${relation} WHERE part = ${part}`;
}

/** The rows of each query, from the Arrow stream of all. */
export function divideRows(stream: Uint8Array, queryCount: number): Row[][] {
  const parts: Row[][] = Array.from({ length: queryCount }, () => []);
  for (const [part, ...values] of plainRows(readColumns(stream), readRows(stream))) {
    const { entries } = values[Number(part)] as { entries: object };
    parts[Number(part)]?.push(Object.values(entries));
  }
  return parts;
}

/** The rows of each query with their values by column, as Spark's answers have them. */
export function divideRecords(stream: Uint8Array, queryCount: number): Record<string, Value>[][] {
  const parts: Record<string, Value>[][] = Array.from({ length: queryCount }, () => []);
  for (const [part, ...values] of readRows(stream)) {
    parts[Number(part)]?.push(values[Number(part)] as Record<string, Value>);
  }
  return parts;
}
