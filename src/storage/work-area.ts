import { randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileError, systemCode } from './file-errors.ts';
import { makeFolders } from './make-folders.ts';

/**
 * Entries of a work area are named `<purpose>~<host>~<pid>~<process start>~<random>`, so that any
 * later process can tell their owner. The start time distinguishes processes with the same pid.
 */
interface Owner {
  host: string;
  pid: number;
  startedAt: string;
}

/** The processes of another host cannot be checked, so its work is kept for this long. */
const FOREIGN_WORK_AGE_MS = 7 * 24 * 3_600_000;

export interface WorkArea {
  /** A path for a new entry. When the promise resolves, the area exists, but not the entry. */
  newEntry(purpose: string): Promise<string>;
  /** Removes entries whose process is gone. Returns their number. */
  removeAbandoned(): Promise<number>;
  /** Paths of entries with these purposes whose process is running. */
  liveEntries(isWanted: (purpose: string) => boolean): Promise<string[]>;
}

/** Opens the work area in `folder`, which is created with the first entry. */
export function openWorkArea(folder: string): WorkArea {
  let self: Promise<Owner> | undefined;
  return {
    async newEntry(purpose) {
      self ??= describeSelf();
      const { host, pid, startedAt } = await self;
      try {
        await makeFolders(folder);
      } catch (error) {
        throw fileError('create', folder, error);
      }
      const parts = [plain(purpose), host, pid, startedAt, randomBytes(6).toString('hex')];
      return join(folder, parts.join('~'));
    },
    async removeAbandoned() {
      self ??= describeSelf();
      const { host } = await self;
      let removedCount = 0;
      for (const name of await entriesOf(folder)) {
        const path = join(folder, name);
        if (!(await isAbandoned(path, name, host))) {
          continue;
        }
        await rm(path, { recursive: true, force: true });
        removedCount += 1;
      }
      return removedCount;
    },
    async liveEntries(isWanted) {
      self ??= describeSelf();
      const { host } = await self;
      const live: string[] = [];
      for (const name of await entriesOf(folder)) {
        const path = join(folder, name);
        const isEntry = parseOwner(name) !== undefined && isWanted(name.split('~', 1)[0] ?? '');
        if (isEntry && !(await isAbandoned(path, name, host))) {
          live.push(path);
        }
      }
      return live;
    },
  };
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return [];
    }
    throw fileError('list', folder, error);
  }
}

async function isAbandoned(path: string, name: string, thisHost: string): Promise<boolean> {
  const owner = parseOwner(name);
  if (owner === undefined) {
    return false;
  }
  if (owner.host !== thisHost) {
    return await isOlderThan(path, FOREIGN_WORK_AGE_MS);
  }
  if (!isRunning(owner.pid)) {
    return true;
  }
  const startedAt = await startOf(owner.pid);
  return startedAt !== undefined && owner.startedAt !== '0' && startedAt !== owner.startedAt;
}

async function isOlderThan(path: string, ageMs: number): Promise<boolean> {
  try {
    return Date.now() - (await lstat(path)).mtimeMs > ageMs;
  } catch {
    return false;
  }
}

function parseOwner(name: string): Owner | undefined {
  const [, host, pid, startedAt, random] = name.split('~');
  if (!host || !pid || !startedAt || !random || !/^\d+$/.test(pid)) {
    return undefined;
  }
  return { host, pid: Number(pid), startedAt };
}

async function describeSelf(): Promise<Owner> {
  const startedAt = (await startOf(process.pid)) ?? '0';
  return { host: plain(hostname() || 'host'), pid: process.pid, startedAt };
}

function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, '-');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that it is running under another user.
    return systemCode(error) !== 'ESRCH';
  }
}

/**
 * Start time of the process, in kernel clock ticks since boot; undefined without /proc, where the
 * pid alone must do.
 */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses, which may contain anything. Field 22 is the
    // start time.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
