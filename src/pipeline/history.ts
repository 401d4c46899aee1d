/** What earlier runs did, as the log of silver_events tells it: a commit for each batch. */
import { type CommitInfo, readCommitInfo } from '../delta/commit-info.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import type { BatchRecord } from './reports.ts';

/** Commits that are no batch, as those of `maintain`, stand between; so many are looked through at most. */
const COMMITS_PER_BATCH = 4;

/** The newest batches, the last first; of those whose commit the log still has (30 days). */
export async function listBatches(
  context: LakeContext,
  { limit }: { limit: number },
): Promise<BatchRecord[]> {
  const { events } = context.tables;
  const snapshot = await loadTable(context, events);
  const newest = snapshot?.version ?? -1;
  const oldest = Math.max(-1, newest - limit * COMMITS_PER_BATCH);
  const batches: BatchRecord[] = [];
  for (let last = newest; last > oldest && batches.length < limit; last -= limit) {
    const count = Math.min(limit, last - oldest);
    const versions = Array.from({ length: count }, (_, index) => last - index);
    const infos = await Promise.all(
      versions.map((version) => readIfThere(context, events.root, version)),
    );
    batches.push(...infos.flatMap((info) => toBatch(info ?? {})));
    if (infos.includes(undefined)) {
      break;
    }
  }
  return batches.slice(0, limit);
}

async function readIfThere(
  { delta }: LakeContext,
  root: string,
  version: number,
): Promise<CommitInfo | undefined> {
  try {
    return await readCommitInfo(delta, root, version);
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'not_found') {
      return undefined;
    }
    throw error;
  }
}

function toBatch(info: CommitInfo): BatchRecord[] {
  const metrics = { ...metadataOf(info.userMetadata), ...info.operationMetrics };
  if (metrics.numLines === undefined) {
    return [];
  }
  return [
    {
      committedAt: new Date(Number(info.timestamp)).toISOString(),
      writer: info.engineInfo ?? '',
      files: metrics.numFilesRead === undefined ? null : Number(metrics.numFilesRead),
      lines: Number(metrics.numLines),
      valid: Number(metrics.numValid),
      duplicates: Number(metrics.numDuplicates),
      ignored: Number(metrics.numIgnored ?? 0),
      quarantined: Number(metrics.numQuarantined),
    },
  ];
}

/** Spark takes metrics of ours as text only. Others may write any text there. */
function metadataOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
