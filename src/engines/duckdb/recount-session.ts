/** DuckDB for `verify`, which runs its own SQL over files with its own columns. */
import type { DeltaContext } from '../../delta/context.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { createColumnFile } from '../lines/column-file.ts';
import { nullBitsHeader, type PageColumn } from '../lines/parquet-pages.ts';
import type { TableDefinition } from '../table.ts';
import type { SqlConnection } from './sql-connection.ts';
import { pathLiteral } from './sql-text.ts';
import { bytesOf, selectRows, tableOf } from './table-view.ts';

type Value = string | number | bigint | boolean | null;

export type RecountSession = ReturnType<typeof recountSession>;

/**
 * The session passed to `verify`. `verify` imports no engine and declares the part of this contract
 * that it needs.
 */
export function recountSession(connection: SqlConnection, delta: DeltaContext) {
  return {
    /** SQL that reads a table's rows, whichever engine wrote them; no rows if there is no table. */
    async tableRows(table: TableDefinition, snapshot: Snapshot | undefined): Promise<string> {
      const files = snapshot?.files ?? [];
      await connection.expectBytes(bytesOf(files));
      return await selectRows(delta, tableOf(table, snapshot), table.columns, files);
    },
    run: (sql: string): Promise<void> => connection.run(sql),
    async rows(sql: string): Promise<Value[][]> {
      const rows = await connection.rows(sql);
      return rows.map((row) => row.map(plainValue));
    },
    createColumnFile(
      path: string,
      columns: readonly { name: string; type: 'integer' | 'long' | 'text' | 'bytes' }[],
    ) {
      const pageColumns = columns.map(({ name, type }): PageColumn => ({ name, type: `${type}?` }));
      const file = createColumnFile(path, pageColumns);
      return {
        ...file,
        writeGroup(
          rowCount: number,
          parts: readonly { valueBits: Uint8Array; bytes: Uint8Array }[],
        ): void {
          const pages = parts.map(({ valueBits, bytes }) => [
            nullBitsHeader(valueBits.length),
            valueBits,
            bytes,
          ]);
          file.writeGroup(rowCount, pages);
        },
      };
    },
    columnFileSource: (path: string): string =>
      `read_parquet(${pathLiteral(path)}, hive_partitioning = false)`,
  };
}

function plainValue(value: unknown): Value {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return value;
    default:
      return value === null || value === undefined ? null : String(value);
  }
}
