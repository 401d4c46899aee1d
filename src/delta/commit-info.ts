/** What the writer of a commit recorded about it. Readers of the table do not need it. */
import type { DeltaContext } from './context.ts';
import { parseExactJson } from './exact-json.ts';
import { commitPath } from './log-paths.ts';

export interface CommitInfo {
  /** Milliseconds since 1970. */
  timestamp?: number | bigint;
  engineInfo?: string;
  userMetadata?: string;
  operationMetrics?: Readonly<Record<string, string>>;
}

/**
 * Empty if the commit has no commitInfo. Throws `not_found` if the log no longer has the version.
 */
export async function readCommitInfo(
  delta: Pick<DeltaContext, 'storage'>,
  root: string,
  version: number,
): Promise<CommitInfo> {
  const text = (await delta.storage.read(commitPath(root, version))).toString('utf8');
  for (const line of text.split('\n')) {
    if (!line.includes('"commitInfo"')) {
      continue;
    }
    const action = parseExactJson(line) as { commitInfo?: CommitInfo };
    if (action.commitInfo !== undefined) {
      return action.commitInfo;
    }
  }
  return {};
}
