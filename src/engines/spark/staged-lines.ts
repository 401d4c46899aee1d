/** What is asked of the lines of a small batch, answered from the rows that came here when they were staged. */
import { addField, type FieldCounts, MAX_NAMES, noFields } from '../../bronze/field-counts.ts';
import { readColumns, readRows } from './connect/index.ts';

export interface StagedLines {
  /** Number of the file, its lines, and those that our own reader has to read. */
  lineCounts: readonly (readonly [file: number, lines: number, marked: number])[];
  /** Undeclared fields of the other lines; undefined: too many for an exact count. */
  unknownFields: FieldCounts | undefined;
}

/** Of the Arrow stream of staged lines. */
export function countStagedLines(stream: Uint8Array): StagedLines {
  const names = readColumns(stream).map(({ name }) => name);
  const [file, reason, fields] = ['file_number', 'reason', 'shape_key'].map((name) =>
    names.indexOf(name),
  ) as [number, number, number];
  const lineCounts = new Map<number, [file: number, lines: number, marked: number]>();
  const fieldCounts = new Map<string, number>();
  for (const row of readRows(stream)) {
    const number = Number(row[file]);
    const counts = lineCounts.get(number) ?? [number, 0, 0];
    lineCounts.set(number, counts);
    counts[1] += 1;
    if (String(row[reason] ?? '').startsWith('needs_exact_read')) {
      counts[2] += 1;
      continue;
    }
    for (const field of (row[fields] as string[] | null) ?? []) {
      fieldCounts.set(field, (fieldCounts.get(field) ?? 0) + 1);
    }
  }
  return { lineCounts: [...lineCounts.values()], unknownFields: exactly(fieldCounts) };
}

function exactly(counts: ReadonlyMap<string, number>): FieldCounts | undefined {
  if (counts.size > MAX_NAMES) {
    return undefined;
  }
  const fields = noFields();
  for (const [name, lineCount] of counts) {
    addField(fields, name, lineCount);
  }
  return fields;
}
