/** The batches of earlier runs, read from the log of silver_events: one commit per batch. */
import { type CommitInfo, readCommitInfo } from '../delta/commit-info.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import { inOrder } from './in-order.ts';
import type { BatchRecord } from './reports.ts';

/**
 * Between two batches there can be commits of `maintain`. At most this many commits are read per
 * requested batch.
 */
const COMMITS_PER_BATCH = 4;
/** On a remote lake each read is a request. */
const PARALLEL_READS = 8;

/** Commits that were read before, by table id and version. Commits never change. */
export type KnownCommits = Map<string, readonly BatchRecord[]>;

/**
 * Lists the newest batches, newest first, as far back as the log has their commits (30 days). Reads
 * only commits that are not in `known`, and replaces the content of `known` by the commits of this
 * list.
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
    // A rebuilt table has a new id and starts at version 0 again.
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

/** Empty if the commit is not a batch; undefined if the log no longer has it. */
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

/** Spark accepts metrics only as text. Other tools may write any text here. */
function metadataOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
