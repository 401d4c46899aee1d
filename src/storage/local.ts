import { constants } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  link,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ClicklakeError } from '../errors.ts';
import { adoptAtTheEnd } from './adopt-at-the-end.ts';
import { fileError, isMissing, otherFile, systemCode } from './file-errors.ts';
import { listFiles } from './local-listing.ts';
import { makeFolders } from './make-folders.ts';
import type { PutResult, Storage } from './storage.ts';
import { checkPath, WORK_FOLDER } from './storage-path.ts';
import { syncFile } from './sync-file.ts';
import { openWorkArea } from './work-area.ts';

const STREAM_CHUNK_BYTES = 1 << 20;

/**
 * A lake in a local folder. The folder need not exist; the first write creates it. Work in progress
 * is in `<root>/_work/`, on the same file system, so that a finished file is put in place
 * atomically: by `link` (only if absent) or `rename` (replacing).
 */
export function openLocalStorage(rootFolder: string): Storage {
  const root = resolve(rootFolder);
  const work = openWorkArea(join(root, WORK_FOLDER));
  const absolute = (path: string) => {
    checkPath(path);
    return join(root, ...path.split('/'));
  };

  async function writeTemporary(bytes: Uint8Array): Promise<string> {
    const temporary = await work.newEntry('put');
    try {
      await writeDurably(temporary, bytes);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return temporary;
  }

  return {
    url: root,
    isRemote: false,

    list(prefix, options) {
      return listFiles(root, prefix, options ?? {});
    },

    async stat(path) {
      const file = absolute(path);
      try {
        const found = await stat(file);
        if (!found.isFile()) {
          return undefined;
        }
        return { path, sizeBytes: found.size, modifiedAtMs: Math.floor(found.mtimeMs) };
      } catch (error) {
        if (isMissing(error)) {
          return undefined;
        }
        throw fileError('look at', file, error);
      }
    },

    async read(path) {
      const file = absolute(path);
      return await attempt('read', file, () => readFile(file));
    },

    async readRange(path, start, length) {
      const file = absolute(path);
      return await attempt('read', file, async () => {
        const handle = await open(file, 'r');
        try {
          return await readFully(handle, start, length);
        } finally {
          await handle.close();
        }
      });
    },

    readStream(path) {
      return streamFile(absolute(path));
    },

    async write(path, bytes) {
      const file = absolute(path);
      await attempt('write', file, async () => {
        const temporary = await writeTemporary(bytes);
        try {
          await inFolderOf(file, () => rename(temporary, file));
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
        await syncFolder(dirname(file));
      });
    },

    async putIfAbsent(path, bytes) {
      const file = absolute(path);
      return await attempt('write', file, async () => {
        const temporary = await writeTemporary(bytes);
        try {
          return await linkIfAbsent(temporary, file);
        } finally {
          await rm(temporary, { force: true });
        }
      });
    },

    adopt,
    beginAdoption: (localPath, path) => adoptAtTheEnd({ adopt }, localPath, path),
    prefetch() {},
    async release() {},

    async localPath(path, fixed) {
      const file = absolute(path);
      const found = await stat(file).catch((error: unknown) => {
        throw fixed !== undefined && isMissing(error)
          ? otherFile(file, 'is missing')
          : fileError('read', file, error);
      });
      if (fixed !== undefined && found.size !== fixed.sizeBytes) {
        throw otherFile(file);
      }
      return file;
    },

    async workFolder(purpose) {
      const path = await work.newEntry(purpose);
      await attempt('create', path, () => mkdir(path));
      return { path, release: () => rm(path, { recursive: true, force: true }) };
    },

    removeAbandonedWork() {
      return work.removeAbandoned();
    },

    async delete(path) {
      const file = absolute(path);
      try {
        await unlink(file);
      } catch (error) {
        if (!isMissing(error)) {
          throw fileError('delete', file, error);
        }
      }
    },

    async deleteFolder(path) {
      const folder = absolute(path);
      await attempt('delete', folder, () => rm(folder, { recursive: true, force: true }));
    },
  };

  async function adopt(localPath: string, path: string): Promise<PutResult> {
    const file = absolute(path);
    return await attempt('write', file, () => adoptFile(localPath, file));
  }

  async function adoptFile(localPath: string, file: string): Promise<PutResult> {
    await syncFile(localPath);
    try {
      const result = await linkIfAbsent(localPath, file);
      if (result.kind === 'created') {
        await unlink(localPath);
      }
      return result;
    } catch (error) {
      if (systemCode(error) !== 'EXDEV') {
        throw error;
      }
    }
    // The local file is on another file system: copy it first, then link.
    const copy = await work.newEntry('adopt');
    try {
      await copyFile(localPath, copy, constants.COPYFILE_FICLONE);
      await syncFile(copy);
      const result = await linkIfAbsent(copy, file);
      if (result.kind === 'created') {
        await unlink(localPath);
      }
      return result;
    } finally {
      await rm(copy, { force: true });
    }
  }
}

/** Gives a complete, durable file its name, if the name is free. */
async function linkIfAbsent(source: string, file: string): Promise<PutResult> {
  try {
    // The commit point: `link` fails if the name exists, whoever created it.
    await inFolderOf(file, () => link(source, file));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') {
      return { kind: 'exists' };
    }
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
      throw new ClicklakeError('storage_failed', `cannot link ${file}: no hard links there`, {
        cause: error,
        hint: 'put the lake on a file system with hard links (ext4, xfs, btrfs, APFS, NTFS)',
      });
    }
    throw error;
  }
  await syncFolder(dirname(file));
  return { kind: 'created' };
}

/** Runs `action`. If the file's folder is missing, creates it durably and repeats `action`. */
async function inFolderOf(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw error;
    }
    await createFolder(dirname(file));
    await action();
  }
}

async function createFolder(folder: string): Promise<void> {
  const firstCreated = await makeFolders(folder);
  if (firstCreated === undefined) {
    return;
  }
  // A new folder is durable once its parent folder is synced.
  for (let created = folder; created.length >= firstCreated.length; created = dirname(created)) {
    await syncFolder(dirname(created));
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and does not need this: NTFS journals folder entries.
  if (process.platform === 'win32') {
    return;
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readFully(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - start)));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) {
      break;
    }
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function* streamFile(file: string): AsyncGenerator<Buffer> {
  const handle = await attempt('read', file, () => open(file, 'r'));
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(STREAM_CHUNK_BYTES);
      const { bytesRead } = await attempt('read', file, () =>
        handle.read(chunk, 0, chunk.length, null),
      );
      if (bytesRead === 0) {
        return;
      }
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function attempt<T>(action: string, file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw fileError(action, file, error);
  }
}
