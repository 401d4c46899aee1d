import type { FileInfo } from '../storage/storage.ts';
import type { DeltaContext } from './context.ts';
import { logFolder, padVersion, parseLogFileName } from './log-paths.ts';

/** A complete checkpoint, with all its parts. */
export interface CheckpointFilesFound {
  version: number;
  files: readonly FileInfo[];
}

export interface LogListing {
  commits: ReadonlyMap<number, FileInfo>;
  /** Newest first. A version can have several. */
  checkpoints: readonly CheckpointFilesFound[];
}

/** Lists the files of `_delta_log` from `fromVersion` on. */
export async function listLog(
  context: DeltaContext,
  root: string,
  fromVersion = 0,
): Promise<LogListing> {
  const folder = logFolder(root);
  const commits = new Map<number, FileInfo>();
  const whole: CheckpointFilesFound[] = [];
  const parts = new Map<string, { partCount: number; version: number; files: FileInfo[] }>();
  const startAfter = folder + padVersion(fromVersion);
  for await (const file of context.storage.list(folder, { startAfter })) {
    const name = file.path.slice(folder.length);
    // Digits sort before `_`, so no versions follow (`_last_checkpoint`, `_sidecars/`).
    if (name.startsWith('_')) {
      break;
    }
    const parsed = parseLogFileName(name);
    if (parsed?.kind === 'commit') {
      commits.set(parsed.version, file);
    }
    if (parsed?.kind === 'checkpoint') {
      whole.push({ version: parsed.version, files: [file] });
    }
    if (parsed?.kind === 'checkpoint part') {
      const { version, partCount } = parsed;
      const key = `${version}/${partCount}`;
      const found = parts.get(key) ?? { version, partCount, files: [] };
      found.files.push(file);
      parts.set(key, found);
    }
  }
  const inParts = [...parts.values()].filter(({ partCount, files }) => files.length === partCount);
  const checkpoints = [...whole, ...inParts].sort((a, b) => b.version - a.version);
  return { commits, checkpoints };
}

/** The newest version in a listing; undefined when it is empty. */
export function newestVersion({ commits, checkpoints }: LogListing): number | undefined {
  let newest = checkpoints[0]?.version;
  for (const version of commits.keys()) {
    if (newest === undefined || version > newest) {
      newest = version;
    }
  }
  return newest;
}

/** The oldest version that can be loaded; undefined if none can. */
export function oldestVersion({ commits, checkpoints }: LogListing): number | undefined {
  if (commits.has(0)) {
    return 0;
  }
  return checkpoints.at(-1)?.version;
}
