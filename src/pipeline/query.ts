/** SQL of the user's over the lake's tables. */
import type { SnapshotSelector } from '../delta/snapshot.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import { toJsonValue } from './json-values.ts';
import type { QueryResult } from './reports.ts';

/**
 * Runs one statement. Tables that do not exist yet are empty. With `asOf`, every table the statement
 * names is shown as of that version or time. Throws `unknown_table`, `query_failed`, `not_found`.
 */
export async function query(
  context: LakeContext,
  sql: string,
  options: { asOf?: SnapshotSelector },
): Promise<QueryResult> {
  for (const table of Object.values(context.tables) as TableDefinition[]) {
    const isNamed = sql.toLowerCase().includes(table.name);
    const at = isNamed ? options.asOf : undefined;
    if (isNamed) await context.engine.showTable(table, await loadTable(context, table, at));
  }
  const result = await context.engine.queryNamed(sql).catch((error: unknown) => {
    throw explain(context, error);
  });
  return {
    columns: result.columns,
    rows: result.rows.map((row) =>
      Object.fromEntries(result.columns.map(({ name }, index) => [name, toJsonValue(row[index])])),
    ),
  };
}

function explain(context: LakeContext, error: unknown): unknown {
  if (!(error instanceof ClicklakeError) || error.code !== 'query_failed') return error;
  const [, name] = /Table with name (\S+) does not exist/i.exec(error.message) ?? [];
  if (name === undefined) return error;
  const names = Object.values(context.tables).map((table: TableDefinition) => table.name);
  return new ClicklakeError('unknown_table', `there is no table ${name}`, {
    hint: `the tables are ${names.join(', ')}`,
    cause: error,
  });
}
