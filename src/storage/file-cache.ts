import { createHash } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError, systemCode } from './file-errors.ts';
import { makeFolders } from './make-folders.ts';
import { syncFile } from './sync-file.ts';
import { openWorkArea, type WorkArea } from './work-area.ts';

/**
 * Copies of remote files on the local disk, found by their content's name (address and ETag).
 *
 * Several processes may share a folder. What `get` returns is a hard link in this process's own
 * folder: when another process, or this one, drops the copy from the cache, the link still holds
 * the bytes, until `close` or until somebody finds the process gone.
 */
export interface FileCache {
  /** Work in progress on the same disk as the cache. */
  readonly work: WorkArea;
  /**
   * A local path ending in `path` that holds the bytes; `fetch` writes them where it is told. A copy
   * of another size than `sizeBytes` is not believed.
   */
  get(
    path: string,
    contentName: string,
    sizeBytes: number,
    fetch: (file: string) => Promise<void>,
  ): Promise<string>;
  /** Takes a local file over as the copy of a remote one, if it can; in any case it is gone then. */
  put(path: string, contentName: string, file: string): Promise<void>;
  /** Gives back what `get` returned for this content; a copy may stay. */
  release(path: string, contentName: string): Promise<void>;
  /** Gives back everything. */
  close(): Promise<void>;
}

export interface CacheOptions {
  folder: string;
  /** The least recently used copies beyond this many bytes are dropped. */
  maxBytes: number;
}

/** The cache is measured again after this share of its size was added. */
const MEASURE_SHARE = 0.1;

export function openFileCache({ folder, maxBytes }: CacheOptions): FileCache {
  const work = openWorkArea(join(folder, 'work'));
  const copies = join(folder, 'files');
  const pending = new Map<string, Promise<string>>();
  /** How often each path was brought. */
  const rounds = new Map<string, number>();
  const folders = new Map<string, Promise<unknown>>();
  let lease: Promise<string> | undefined;
  let unmeasuredBytes = Number.POSITIVE_INFINITY;

  async function openLease(): Promise<string> {
    // Only its owner may read what lies there: the lake may be private.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await makeFolders(copies);
    await work.removeAbandoned();
    const path = await work.newEntry('in-use');
    await mkdir(path);
    return path;
  }

  /** Contents of one path lie in different folders, and files of one folder in as few as can be. */
  function nextRound(path: string): string {
    const round = rounds.get(path) ?? 0;
    rounds.set(path, round + 1);
    return String(round);
  }

  function makeFoldersOnce(path: string): Promise<unknown> {
    const made = folders.get(path) ?? makeFolders(path);
    folders.set(path, made);
    return made;
  }

  async function bring(
    path: string,
    key: string,
    sizeBytes: number,
    fetch: (file: string) => Promise<void>,
  ): Promise<string> {
    lease ??= openLease();
    const target = join(await lease, nextRound(path), ...path.split('/'));
    const copy = join(copies, key);
    const newCopy = await nameOfNew(copy);
    await makeFoldersOnce(dirname(target));
    if (await linkCopy(copy, target, sizeBytes)) {
      return target;
    }
    if (await linkCopy(newCopy, target, sizeBytes)) {
      makeDurable(newCopy, copy);
      return target;
    }
    const temporary = await work.newEntry('fetch');
    try {
      await fetch(temporary);
      // Before others can drop it, which they may do at once when the cache is small.
      await link(temporary, target);
      await keep(temporary, newCopy);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await keepWithinSize(sizeBytes);
    return target;
  }

  async function keepWithinSize(addedBytes: number): Promise<void> {
    unmeasuredBytes += addedBytes;
    if (unmeasuredBytes > maxBytes * MEASURE_SHARE) {
      unmeasuredBytes = 0;
      await dropOldest(copies, maxBytes);
    }
  }

  let boot: Promise<string | undefined> | undefined;
  /** What tells this start of the machine from others; undefined where nothing does. */
  function currentBoot(): Promise<string | undefined> {
    boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (id) => id.trim(),
      () => undefined,
    );
    return boot;
  }

  /**
   * Waiting until the disk has a large file may take longer than bringing it, and a power cut may
   * leave a copy short that was not waited for: the name of a new one is good until the machine is
   * started again.
   */
  async function nameOfNew(copy: string): Promise<string> {
    const id = await currentBoot();
    return id === undefined ? copy : `${copy}.${id}`;
  }

  async function keep(file: string, newCopy: string): Promise<void> {
    if ((await currentBoot()) === undefined) {
      await syncFile(file);
    }
    await rename(file, newCopy);
  }

  let isClosed = false;
  let syncing = Promise.resolve();
  /** Nobody waits for it; when a copy is used again the disk has most likely got it by itself. */
  function makeDurable(newCopy: string, copy: string): void {
    if (newCopy === copy) {
      return;
    }
    syncing = syncing
      .then(async () => {
        if (isClosed) {
          return;
        }
        await syncFile(newCopy);
        await rename(newCopy, copy);
      })
      .catch(() => {});
  }

  const keyOf = (path: string, contentName: string) =>
    createHash('sha256').update(`${contentName}\0${path}`).digest('hex');

  return {
    work,
    get(path, contentName, sizeBytes, fetch) {
      const key = keyOf(path, contentName);
      const known = pending.get(key);
      if (known !== undefined) {
        return known;
      }
      const result = bring(path, key, sizeBytes, fetch).catch((error: unknown) => {
        pending.delete(key);
        throw systemCode(error) === undefined ? error : fileError('write', folder, error);
      });
      pending.set(key, result);
      return result;
    },
    async release(path, contentName) {
      const key = keyOf(path, contentName);
      const local = await pending.get(key)?.catch(() => undefined);
      pending.delete(key);
      if (local !== undefined) {
        await rm(local, { force: true });
      }
    },
    async put(path, contentName, file) {
      try {
        lease ??= openLease();
        await lease;
        const { size } = await stat(file);
        const now = new Date();
        await utimes(file, now, now);
        await keep(file, await nameOfNew(join(copies, keyOf(path, contentName))));
        await keepWithinSize(size);
      } catch {
        // The copy would have saved a transfer, nothing more.
        await rm(file, { force: true });
      }
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(pending.values());
      pending.clear();
      if (lease !== undefined) {
        await rm(await lease, { recursive: true, force: true });
      }
      lease = undefined;
    },
  };
}

/** Links a copy and marks it as just used; false when there is none of that size. */
async function linkCopy(copy: string, target: string, sizeBytes: number): Promise<boolean> {
  try {
    await link(copy, target).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') {
        throw error;
      }
    });
    if ((await stat(target)).size !== sizeBytes) {
      await rm(target);
      return false;
    }
    const now = new Date();
    await utimes(target, now, now);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      return false;
    }
    throw error;
  }
}

async function dropOldest(folder: string, maxBytes: number): Promise<void> {
  const files: { path: string; sizeBytes: number; usedAtMs: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Another process may have dropped it since.
    const found = await stat(path).catch(() => undefined);
    if (found) {
      files.push({ path, sizeBytes: found.size, usedAtMs: found.mtimeMs });
    }
  }
  let totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  for (const file of files.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
    if (totalBytes <= maxBytes) {
      return;
    }
    await rm(file.path, { force: true });
    totalBytes -= file.sizeBytes;
  }
}
