/**
 * Records who writes to a lake on the local disk. On a local disk Spark's commit checks whether a
 * file exists and then moves its own file there. That excludes only writers in the same JVM, while
 * our commits are safe against all writers. So any number of processes with our commits may share a
 * lake, but Spark needs it exclusively.
 *
 * A holder is a file in the work area, named after its process; holders whose process is gone do
 * not count. A process first creates its own file and then looks for others. Of two that start at
 * the same time, at least one sees the other.
 */
import { readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ClicklakeError } from '../errors.ts';
import { fileError, isDiskFull } from './file-errors.ts';
import { WORK_FOLDER } from './storage-path.ts';
import { openWorkArea } from './work-area.ts';

export interface LockRequest {
  /** Exclusive, or shared with others. */
  mode: 'shared' | 'exclusive';
  engine: string;
  /** The user's command, e.g. `run`. */
  command: string;
}

export interface LakeLock {
  release(): Promise<void>;
}

const ATTEMPTS = 5;
const MAX_PAUSE_MS = 200;

/** Locks the lake in the folder `root`. Throws `lake_locked`, naming the holder. */
export async function lockLake(root: string, request: LockRequest): Promise<LakeLock> {
  const folder = join(root, WORK_FOLDER);
  const isNew = !(await exists(root));
  const area = openWorkArea(folder);
  for (let attempt = 1; ; attempt += 1) {
    const entry = await area.newEntry(purposeOf(request.mode));
    const release = async (): Promise<void> => {
      await rm(entry, { force: true });
      // If nothing was written, do not leave an empty folder behind.
      if (isNew) {
        await removeEmpty([folder, root]);
      }
    };
    await describe(entry, request);
    const others = await area.liveEntries((purpose) => excludes(request.mode, purpose));
    const other = others.find((path) => path !== entry);
    if (other === undefined) {
      return { release };
    }
    await release();
    if (attempt === ATTEMPTS) {
      throw await lockedBy(root, other);
    }
    await pause(Math.random() * MAX_PAUSE_MS);
  }
}

function purposeOf(mode: LockRequest['mode']): string {
  return `lock-${mode}`;
}

function excludes(mode: LockRequest['mode'], purpose: string): boolean {
  return (
    purpose === purposeOf('exclusive') || (mode === 'exclusive' && purpose === purposeOf('shared'))
  );
}

async function describe(entry: string, { engine, command }: LockRequest): Promise<void> {
  const holder = { engine, command, startedAt: new Date().toISOString() };
  try {
    await writeFile(entry, JSON.stringify(holder));
  } catch (error) {
    // On a full disk an empty file is enough: `maintain` must be able to free space.
    const isThere = isDiskFull(error) && (await exists(entry));
    if (!isThere) {
      throw fileError('write', entry, error);
    }
  }
}

async function lockedBy(root: string, entry: string): Promise<ClicklakeError> {
  const holder = await readFile(entry, 'utf8')
    .then((text) => JSON.parse(text) as { engine: string; command: string; startedAt: string })
    .catch(() => undefined);
  const [, host, pid] = entry.split('~');
  const what =
    holder === undefined ? '' : `clicklake ${holder.command} with the ${holder.engine} engine, `;
  const since = holder === undefined ? '' : `, since ${holder.startedAt}`;
  return new ClicklakeError(
    'lake_locked',
    `${root} is being written to by ${what}process ${pid} on ${host}${since}`,
    { hint: 'wait until it has ended: on a local disk Spark must be the only writer' },
  );
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await rmdir(folder).catch(() => {});
  }
}
