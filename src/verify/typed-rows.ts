import type { ColumnType, TableShape } from './canonical-row.ts';

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  timestamp: 'TIMESTAMPTZ',
  date: 'DATE',
  'decimal(18,2)': 'DECIMAL(18, 2)',
  'decimal(18,3)': 'DECIMAL(18, 3)',
  'decimal(18,10)': 'DECIMAL(18, 10)',
  boolean: 'BOOLEAN',
  double: 'DOUBLE',
};

/**
 * The rows of a relation with the columns of a table, in order, and with the same types for both
 * sides.
 */
export function typedRows(shape: TableShape, relation: string): string {
  const columns = shape.columns.map(
    ({ name, type }) => `CAST(${name} AS ${SQL_TYPES[type]}) AS ${name}`,
  );
  return `SELECT ${columns.join(', ')} FROM ${relation}`;
}
