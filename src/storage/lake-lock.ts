/**
 * Who writes to a lake on the local disk. Spark's commit there looks whether a file exists and then
 * moves its own to the place, which only excludes writers in the same JVM; ours is safe against anybody.
 * So any number of processes that commit by themselves may share a lake, and Spark has it alone.
 *
 * A holder is a file in the work area, named after its process: one whose process is gone does not
 * count. Each puts its file first and looks for others then, so that of two at the same time at least
 * one sees the other.
 */
import { readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ClicklakeError } from '../errors.ts';
import { fileError, isDiskFull } from './file-errors.ts';
import { WORK_FOLDER } from './storage-path.ts';
import { openWorkArea } from './work-area.ts';

export interface LockRequest {
  /** Alone, or beside others that share. */
  mode: 'shared' | 'exclusive';
  engine: string;
  /** What is being done, as the user knows it, e.g. `run`. */
  command: string;
}

export interface LakeLock {
  release(): Promise<void>;
}

const ATTEMPTS = 5;
const MAX_PAUSE_MS = 200;

/** Takes the lake in the folder `root`. Throws `lake_locked`, naming who has it. */
export async function lockLake(root: string, request: LockRequest): Promise<LakeLock> {
  const folder = join(root, WORK_FOLDER);
  const isNew = !(await exists(root));
  const area = openWorkArea(folder);
  for (let attempt = 1; ; attempt += 1) {
    const entry = await area.newEntry(purposeOf(request.mode));
    const release = async (): Promise<void> => {
      await rm(entry, { force: true });
      // A lake that nothing was written to must not be left behind as a folder.
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
    // On a full disk the empty file has to do: `maintain` must be able to make room.
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
    holder === undefined ? '' : `clicklake ${holder.command} with the engine ${holder.engine}, `;
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
