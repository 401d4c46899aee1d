/** What earlier runs did, as the log of silver_events tells it: a commit for each batch. */
import { type CommitInfo, readCommitInfo } from '../delta/commit-info.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import { inOrder } from './in-order.ts';
import type { BatchRecord } from './reports.ts';

/** Commits that are no batch, as those of `maintain`, stand between; so many are looked through at most. */
const COMMITS_PER_BATCH = 4;
/** Each is a request where the lake is remote. */
const PARALLEL_READS = 8;

/** What commits were read before, by table and version; no commit ever changes. */
export type KnownCommits = Map<string, readonly BatchRecord[]>;

/**
 * The newest batches, the last first; of those whose commit the log still has (30 days). Reads the
 * commits that are not in `known`, and leaves there those it has looked at.
 */
export async function listBatches(
  context: LakeContext,
  { limit, known = new Map() }: { limit: number; known?: KnownCommits },
): Promise<BatchRecord[]> {
  const { events } = context.tables;
  const snapshot = await loadTable(context, events);
  if (snapshot === undefined) {
    return [];
  }
  const { version: newest, metadata } = snapshot;
  const oldest = Math.max(-1, newest - limit * COMMITS_PER_BATCH);
  const versions = Array.from({ length: newest - oldest }, (_, index) => newest - index);
  const read = async (
    version: number,
  ): Promise<[key: string, found: readonly BatchRecord[] | undefined]> => {
    // A table made anew has another id, and counts its versions from 0 again.
    const key = `${metadata.id}/${version}`;
    return [key, known.get(key) ?? (await readBatch(context, events.root, version))];
  };
  const batches: BatchRecord[] = [];
  const lookedAt: KnownCommits = new Map();
  for await (const [key, found] of inOrder(versions, PARALLEL_READS, read)) {
    if (found === undefined) {
      break;
    }
    lookedAt.set(key, found);
    batches.push(...found);
    if (batches.length >= limit) {
      break;
    }
  }
  known.clear();
  for (const [key, found] of lookedAt) {
    known.set(key, found);
  }
  return batches;
}

/** Empty for a commit that is no batch; undefined where the log no longer has it. */
async function readBatch(
  { delta }: LakeContext,
  root: string,
  version: number,
): Promise<BatchRecord[] | undefined> {
  try {
    return toBatch(await readCommitInfo(delta, root, version));
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
