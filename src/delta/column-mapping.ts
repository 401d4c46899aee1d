/**
 * Columns whose names in data files, statistics and partition values are not those of the schema
 * (PROTOCOL.md, "Column Mapping"). Only columns of the table itself are looked at, not those inside them.
 */
import type { AddFile, PartitionValues, TableMetadata } from './actions.ts';
import type { DeltaSchema, StructField } from './schema.ts';
import { columnMappingMode } from './table-properties.ts';

const PHYSICAL_NAME = 'delta.columnMapping.physicalName';
const ID = 'delta.columnMapping.id';

/** The name of a column in data files and in the log; its own in a table without mapping. */
export function physicalName({ name, metadata }: StructField): string {
  const physical = metadata[PHYSICAL_NAME];
  return typeof physical === 'string' ? physical : name;
}

/** The number that finds a column in the data files of a table with mapping by id. */
export function columnId({ metadata }: StructField): number | undefined {
  return typeof metadata[ID] === 'number' ? metadata[ID] : undefined;
}

/** Leftovers of a mapping that is not in use must be ignored. */
export function withoutMapping({ type, fields }: DeltaSchema): DeltaSchema {
  return {
    type,
    fields: fields.map((field) => {
      const { [PHYSICAL_NAME]: _name, [ID]: _id, ...metadata } = field.metadata;
      return { ...field, metadata };
    }),
  };
}

/** The files with their partition values by the names of the schema; as they are without mapping. */
export function withLogicalPartitions(
  files: readonly AddFile[],
  metadata: TableMetadata,
): readonly AddFile[] {
  const { schema, partitionColumns } = metadata;
  if (columnMappingMode(metadata) === 'none' || partitionColumns.length === 0) {
    return files;
  }
  const columns = schema.fields.filter(({ name }) => partitionColumns.includes(name));
  return files.map((file) => {
    const physical = file.physicalPartitionValues ?? file.partitionValues;
    const logical: PartitionValues = Object.fromEntries(
      columns.map((field) => [field.name, physical[physicalName(field)] ?? null]),
    );
    return { ...file, partitionValues: logical, physicalPartitionValues: physical };
  });
}
