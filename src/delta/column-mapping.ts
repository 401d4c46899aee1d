/**
 * Column mapping: columns whose names in data files, statistics and partition values differ from
 * those in the schema (PROTOCOL.md, "Column Mapping"). Handles top-level columns only.
 */
import type { AddFile, PartitionValues, TableMetadata } from './actions.ts';
import type { DeltaSchema, StructField } from './schema.ts';
import { columnMappingMode } from './table-properties.ts';

const PHYSICAL_NAME = 'delta.columnMapping.physicalName';
const ID = 'delta.columnMapping.id';

/**
 * The name of a column in data files and in the log. Without mapping this is its name in the
 * schema.
 */
export function physicalName({ name, metadata }: StructField): string {
  const physical = metadata[PHYSICAL_NAME];
  return typeof physical === 'string' ? physical : name;
}

/** The field id that identifies a column in data files, for mapping by id. */
export function columnId({ metadata }: StructField): number | undefined {
  return typeof metadata[ID] === 'number' ? metadata[ID] : undefined;
}

/** Removes leftover mapping metadata, which must be ignored if mapping is off. */
export function withoutMapping({ type, fields }: DeltaSchema): DeltaSchema {
  return {
    type,
    fields: fields.map((field) => {
      const { [PHYSICAL_NAME]: _name, [ID]: _id, ...metadata } = field.metadata;
      return { ...field, metadata };
    }),
  };
}

/**
 * The files with partition values under the schema's column names. Without mapping they are
 * returned unchanged.
 */
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
