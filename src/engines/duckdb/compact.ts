/** Merges small files. */
import type { AddFile } from '../../delta/actions.ts';
import { commitChange } from '../../delta/commit.ts';
import type { DeltaContext } from '../../delta/context.ts';
import { flatColumns } from '../../delta/schema.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import type { CompactRequest, CompactResult } from '../writer.ts';
import { smallNeighbors } from './date-ranges.ts';
import type { SqlConnection } from './sql-connection.ts';
import { bytesOf, selectRows, tableOf } from './table-view.ts';
import { writeFiles } from './write-files.ts';

/** See `TableWriter.compact`. One commit per bin, so that a conflict repeats little work. */
export async function compact(
  connection: SqlConnection,
  delta: DeltaContext,
  { table, base, targetFileBytes, dryRun }: CompactRequest,
): Promise<CompactResult> {
  const result: CompactResult = { filesCompacted: 0, filesWritten: 0, commitCount: 0 };
  // The table's own columns, not those of its definition: a column may have been removed from it.
  const columns = flatColumns(base.metadata.schema);
  if (columns === undefined) {
    return result;
  }
  let current = base;
  const { filesBy } = table;
  const bins =
    filesBy === undefined ? binsOfSmallFiles(base, targetFileBytes) : smallNeighbors(base, filesBy);
  for (const files of bins) {
    if (dryRun) {
      result.filesCompacted += files.length;
      result.filesWritten += 1;
      result.commitCount += 1;
      continue;
    }
    await connection.expectBytes(bytesOf(files));
    const select = await selectRows(delta, tableOf(table, base), columns, files);
    const written = await writeFiles(connection, delta.storage, { ...table, columns }, [select]);
    const committed = await commitChange(delta, table.root, current, {
      operation: 'OPTIMIZE',
      adds: written.files,
      removes: files,
      dataChange: false,
      reads: { kind: 'nothing' },
    });
    if (committed.kind !== 'committed') {
      continue;
    }
    current = committed.snapshot;
    result.filesCompacted += files.length;
    result.filesWritten += written.files.length;
    result.commitCount += 1;
  }
  return result;
}

/**
 * Bins of small files in the same partition: at least two files, together not larger than the
 * target.
 */
function binsOfSmallFiles(snapshot: Snapshot, targetFileBytes: number): AddFile[][] {
  const bins: AddFile[][] = [];
  const open = new Map<string, { files: AddFile[]; sizeBytes: number }>();
  for (const file of snapshot.files) {
    if (file.sizeBytes >= targetFileBytes / 2) {
      continue;
    }
    const partition = JSON.stringify(file.partitionValues);
    let bin = open.get(partition);
    if (bin === undefined || bin.sizeBytes + file.sizeBytes > targetFileBytes) {
      bin = { files: [], sizeBytes: 0 };
      open.set(partition, bin);
      bins.push(bin.files);
    }
    bin.files.push(file);
    bin.sizeBytes += file.sizeBytes;
  }
  return bins.filter((files) => files.length > 1);
}
