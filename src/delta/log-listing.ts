import type { FileInfo } from '../storage/storage.ts';
import type { DeltaContext } from './context.ts';
import { logFolder, padVersion, parseLogFileName } from './log-paths.ts';

/** A checkpoint all of whose parts are there. */
export interface CheckpointFilesFound {
  version: number;
  files: readonly FileInfo[];
}

export interface LogListing {
  commits: ReadonlyMap<number, FileInfo>;
  /** Newest first; several of one version are possible. */
  checkpoints: readonly CheckpointFilesFound[];
}

/** What lies in `_delta_log`, of versions `fromVersion` and later. */
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
    // Digits come before `_`: what follows (`_last_checkpoint`, `_sidecars/`) is no version.
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

/** The oldest version that can still be rebuilt; undefined when none can. */
export function oldestVersion({ commits, checkpoints }: LogListing): number | undefined {
  if (commits.has(0)) {
    return 0;
  }
  return checkpoints.at(-1)?.version;
}
