/** The change of a table's metadata that a write needs. */
import type { Change } from '../delta/commit.ts';
import { addNullableColumns, schemaFromColumns } from '../delta/schema.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition } from './table.ts';

/** The table with additional properties. */
export function withProperties(
  table: TableDefinition,
  properties: Readonly<Record<string, string>>,
): TableDefinition {
  return { ...table, configuration: { ...table.configuration, ...properties } };
}

/**
 * The metadata to commit, if a write creates the table, adds columns or sets properties; else
 * undefined.
 */
export function neededMetadata(
  table: TableDefinition,
  base: Snapshot | undefined,
): Change['metadata'] {
  if (base === undefined) {
    return {
      schema: schemaFromColumns(table.columns),
      partitionColumns: [...table.partitionBy],
      configuration: { ...table.configuration },
    };
  }
  const known = new Set(base.metadata.schema.fields.map((field) => field.name));
  const added = table.columns.filter((column) => !known.has(column.name));
  const configuration = { ...base.metadata.configuration, ...table.configuration };
  const isConfigured = Object.entries(table.configuration).every(
    ([key, value]) => base.metadata.configuration[key] === value,
  );
  if (added.length === 0 && isConfigured) {
    return undefined;
  }
  return {
    schema: addNullableColumns(base.metadata.schema, added),
    partitionColumns: [...base.metadata.partitionColumns],
    configuration,
  };
}
