/** Inserts rows into tables of the recount. */
import type { RecountSession } from './duckdb-contract.ts';

/** `rows`: SQL for each row, in parentheses. */
export async function insertRows(
  session: RecountSession,
  table: string,
  rows: readonly string[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += 1000) {
    await session.run(`INSERT INTO recount.${table} VALUES ${rows.slice(start, start + 1000)}`);
  }
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A text as an SQL literal, with any characters. */
export function textLiteral(text: string): string {
  return `decode(from_hex('${Buffer.from(text).toString('hex')}'))`;
}
