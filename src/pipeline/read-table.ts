/** Reads tables row by row with exact values, for comparing and hashing. */
import type { DeltaColumn } from '../delta/schema.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition } from '../engines/engine.ts';
import type { TableValue } from '../verify/canonical-row.ts';
import type { LakeContext } from './context.ts';

/**
 * The rows of a table in any order, in batches; no rows if the table does not exist. Timestamps are
 * bigint microseconds; decimals and dates are text.
 */
export async function* readTable(
  context: LakeContext,
  table: TableDefinition,
  snapshot: Snapshot | undefined,
): AsyncIterable<TableValue[][]> {
  await context.engine.session.showTable(table, snapshot);
  const selected = table.columns.map(exactValue).join(', ');
  for await (const rows of context.engine.session.queryBatches(
    `SELECT ${selected} FROM ${table.name}`,
  )) {
    yield rows.map((row) => row.map(toTableValue));
  }
}

function exactValue({ name, type }: DeltaColumn): string {
  const column = `"${name.replaceAll('"', '""')}"`;
  if (type === 'timestamp') {
    return `CAST(unix_micros(${column}) AS BIGINT)`;
  }
  return type === 'date' || type.startsWith('decimal') ? `CAST(${column} AS STRING)` : column;
}

function toTableValue(value: unknown): TableValue {
  if (value === null || value === undefined) {
    return null;
  }
  return typeof value === 'object' ? String(value) : (value as TableValue);
}
