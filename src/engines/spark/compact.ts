/** Merges small files with Spark's OPTIMIZE. */
import { readCommitsFrom } from '../../delta/commit-file.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import type { CompactRequest, CompactResult } from '../writer.ts';
import { isSparkError } from './explain-error.ts';
import { requireWriteSettings, setWriteSettings } from './session-settings.ts';
import { deltaTable } from './table-view.ts';
import type { SparkTables } from './write.ts';

/**
 * See `TableWriter.compact`. Tables with files by date stay as they are: OPTIMIZE would mix their dates,
 * and their writes keep few files.
 */
export async function compact(
  { connection, delta, lake }: SparkTables,
  request: CompactRequest,
): Promise<CompactResult> {
  const { base, targetFileBytes } = request;
  if (request.table.filesBy !== undefined) {
    return { filesCompacted: 0, filesWritten: 0, commitCount: 0 };
  }
  const expected = smallFiles(base, targetFileBytes);
  if (request.dryRun || expected.filesCompacted === 0) {
    return expected;
  }
  await requireWriteSettings(connection.driver);
  const settings = {
    'spark.databricks.delta.optimize.minFileSize': String(Math.floor(targetFileBytes / 2)),
    'spark.databricks.delta.optimize.maxFileSize': String(targetFileBytes),
  };
  await setWriteSettings(connection.driver, settings);
  try {
    await connection.run(`OPTIMIZE ${deltaTable(lake, base.root)}`);
  } catch (error) {
    if (!isSparkError(error, /^DELTA_CONCURRENT_/)) {
      throw error;
    }
  }
  const moved = (await readCommitsFrom(delta, base.root, base.version + 1)).flatMap((commit) => ({
    removed: commit.removes.filter((file) => !file.dataChange).length,
    added: commit.adds.filter((file) => !file.dataChange).length,
  }));
  return {
    filesCompacted: moved.reduce((sum, each) => sum + each.removed, 0),
    filesWritten: moved.reduce((sum, each) => sum + each.added, 0),
    commitCount: moved.filter(({ removed }) => removed > 0).length,
  };
}

/** Of each partition with at least two files under half of the target, how many, and how many result. */
function smallFiles(base: Snapshot, targetFileBytes: number): CompactResult {
  const sizes = new Map<string, number[]>();
  for (const file of base.files) {
    if (file.sizeBytes >= targetFileBytes / 2) {
      continue;
    }
    const partition = JSON.stringify(file.partitionValues);
    sizes.set(partition, [...(sizes.get(partition) ?? []), file.sizeBytes]);
  }
  const groups = [...sizes.values()].filter((each) => each.length > 1);
  const total = (each: number[]) => each.reduce((sum, size) => sum + size, 0);
  return {
    filesCompacted: groups.reduce((sum, each) => sum + each.length, 0),
    filesWritten: groups.reduce((sum, each) => sum + Math.ceil(total(each) / targetFileBytes), 0),
    commitCount: groups.length > 0 ? 1 : 0,
  };
}
