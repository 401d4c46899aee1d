import type { AddFile } from './actions.ts';
import type { PrimitiveType } from './schema.ts';
import type { Snapshot } from './snapshot.ts';
import { parseStatistics } from './statistics.ts';
import { type ColumnValue, compareValues, parseValue } from './values.ts';

/** Selects rows whose column is not null and lies between the bounds, inclusive. */
export interface Range {
  column: string;
  from?: ColumnValue;
  to?: ColumnValue;
}

/**
 * Whether a file can contain rows in the range. False only if its partition value or its statistics
 * exclude it.
 */
export function fileMayContain(
  file: AddFile,
  metadata: Snapshot['metadata'],
  range: Range,
): boolean {
  const type = metadata.schema.fields.find(({ name }) => name === range.column)?.type;
  if (typeof type !== 'string') {
    return true;
  }
  if (metadata.partitionColumns.includes(range.column)) {
    const text = file.partitionValues[range.column];
    if (text === null || text === undefined) {
      return false;
    }
    const value = parseValue(type, text);
    return value === undefined || overlaps(type, { min: value, max: value }, range);
  }
  const statistics = parseStatistics(file.stats, metadata.schema);
  if (statistics === undefined) {
    return true;
  }
  const { min, max, nullCount } = statistics.column(range.column);
  if (nullCount !== undefined && nullCount === statistics.rowCount) {
    return false;
  }
  return overlaps(type, { min, max }, range);
}

function overlaps(
  type: PrimitiveType,
  { min, max }: { min: ColumnValue | undefined; max: ColumnValue | undefined },
  { from, to }: Range,
): boolean {
  if (from !== undefined && max !== undefined && compareValues(type, max, from) < 0) {
    return false;
  }
  return !(to !== undefined && min !== undefined && compareValues(type, min, to) > 0);
}
