import { createHash } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError, systemCode } from './file-errors.ts';
import { makeFolders } from './make-folders.ts';
import { syncFile } from './sync-file.ts';
import { openWorkArea, type WorkArea } from './work-area.ts';

/**
 * Local copies of remote files, identified by content name (address and ETag).
 *
 * Processes may share a folder. `get` returns a hard link in this process's own folder. If a copy
 * is evicted from the cache, by any process, the link keeps its bytes until `close`, or until the
 * process is found to be dead.
 */
export interface FileCache {
  /** A work area on the same disk as the cache. */
  readonly work: WorkArea;
  /**
   * A local path, ending in `path`, of a copy. If there is none, `fetch` writes the bytes to the
   * given file. A copy whose size differs from `sizeBytes` is not used.
   */
  get(
    path: string,
    contentName: string,
    sizeBytes: number,
    fetch: (file: string) => Promise<void>,
  ): Promise<string>;
  /**
   * Moves a local file into the cache as the copy of a remote one, if possible. The local file is
   * gone afterwards in any case.
   */
  put(path: string, contentName: string, file: string): Promise<void>;
  /** Releases what `get` returned for this content. The copy may stay in the cache. */
  release(path: string, contentName: string): Promise<void>;
  /** Releases everything. */
  close(): Promise<void>;
}

export interface CacheOptions {
  folder: string;
  /** Above this many bytes the least recently used copies are evicted. */
  maxBytes: number;
}

/** The size of the cache is measured again after this share of it was added. */
const MEASURE_SHARE = 0.1;

/** Opens the cache in a folder, which other processes may use too. */
export function openFileCache({ folder, maxBytes }: CacheOptions): FileCache {
  const work = openWorkArea(join(folder, 'work'));
  const copies = join(folder, 'files');
  const pending = new Map<string, Promise<string>>();
  /** How many contents of each path were requested. */
  const rounds = new Map<string, number>();
  const folders = new Map<string, Promise<unknown>>();
  let lease: Promise<string> | undefined;
  let unmeasuredBytes = Number.POSITIVE_INFINITY;

  async function openLease(): Promise<string> {
    // Only the owner may read the folder, because the lake may be private.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await makeFolders(copies);
    await work.removeAbandoned();
    const path = await work.newEntry('in-use');
    await mkdir(path);
    return path;
  }

  /**
   * Different contents of a path go to different folders. Otherwise files of a folder stay
   * together, in as few folders as possible.
   */
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
      // Link first: in a small cache another process may evict the copy at once.
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
  /** Identifies the present boot of the machine; undefined if the system has no boot id. */
  function currentBoot(): Promise<string | undefined> {
    boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (id) => id.trim(),
      () => undefined,
    );
    return boot;
  }

  /**
   * The name of a new copy that is not durable yet. Waiting for the disk can take longer than the
   * download, and a power failure could leave a truncated copy. So this name is valid only until
   * the machine is restarted.
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
  /** Not awaited. By the time a copy is used again, the system has usually written it to disk. */
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
        // Harmless: without this copy the file is downloaded again.
        await rm(file, { force: true });
      }
    },
    async close() {
      isClosed = true;
      // Whoever removes the folder then must not meet a copy that is being renamed.
      await Promise.allSettled([syncing, ...pending.values()]);
      pending.clear();
      if (lease !== undefined) {
        await rm(await lease, { recursive: true, force: true });
      }
      lease = undefined;
    },
  };
}

/** Links a copy and marks it as used. False if there is no copy of this size. */
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
    // Another process may have evicted it since.
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
