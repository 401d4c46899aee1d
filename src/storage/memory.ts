import { mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClicklakeError } from '../errors.ts';
import { adoptAtTheEnd } from './adopt-at-the-end.ts';
import { fileError, otherFile } from './file-errors.ts';
import { endOfRange } from './path-ranges.ts';
import type { FileInfo, Storage } from './storage.ts';
import { checkPath, compareBytes } from './storage-path.ts';

/**
 * A lake in memory, for tests. Work folders and local copies are in a temporary folder, which
 * `dispose` removes.
 */
export function openMemoryStorage(): Storage & { dispose(): Promise<void> } {
  const files = new Map<string, { bytes: Buffer; modifiedAtMs: number }>();
  let temporary: Promise<string> | undefined;
  let nameCount = 0;

  const get = (path: string) => {
    checkPath(path);
    const file = files.get(path);
    if (file) {
      return file;
    }
    throw new ClicklakeError('not_found', `cannot read ${path}: there is no such file`);
  };
  const put = (path: string, bytes: Uint8Array) => {
    files.set(path, { bytes: Buffer.from(bytes), modifiedAtMs: Date.now() });
  };
  const info = (path: string): FileInfo => {
    const { bytes, modifiedAtMs } = get(path);
    return { path, sizeBytes: bytes.length, modifiedAtMs };
  };
  async function newLocalPath(label: string): Promise<string> {
    temporary ??= mkdtemp(join(tmpdir(), 'clicklake-memory-'));
    nameCount += 1;
    // Before waiting: others ask at the same time.
    const name = `${nameCount}-${label}`;
    return join(await temporary, name);
  }

  const storage: Storage = {
    url: 'memory:',
    isRemote: false,
    async *list(prefix, options) {
      const { startAfter: after, leaveOut = [] } = options ?? {};
      const paths = [...files.keys()]
        .filter((path) => path.startsWith(prefix) && endOfRange(leaveOut, path) === undefined)
        .filter((path) => after === undefined || compareBytes(path, after) > 0)
        .sort(compareBytes);
      for (const path of paths) {
        if (files.has(path)) {
          yield info(path);
        }
      }
    },
    async stat(path) {
      checkPath(path);
      return files.has(path) ? info(path) : undefined;
    },
    async read(path) {
      return Buffer.from(get(path).bytes);
    },
    async readRange(path, start, length) {
      return Buffer.from(get(path).bytes.subarray(start, start + length));
    },
    async *readStream(path) {
      yield Buffer.from(get(path).bytes);
    },
    async write(path, bytes) {
      checkPath(path);
      put(path, bytes);
    },
    async putIfAbsent(path, bytes) {
      checkPath(path);
      if (files.has(path)) {
        return { kind: 'exists' };
      }
      put(path, bytes);
      return { kind: 'created' };
    },
    async adopt(localPath, path) {
      checkPath(path);
      const bytes = await readFile(localPath).catch((error) => {
        throw fileError('read', localPath, error);
      });
      if (files.has(path)) {
        return { kind: 'exists' };
      }
      put(path, bytes);
      await unlink(localPath);
      return { kind: 'created' };
    },
    beginAdoption: (localPath, path) => adoptAtTheEnd(storage, localPath, path),
    prefetch() {},
    async release() {},
    async localPath(path, fixed) {
      const { bytes } = get(path);
      if (fixed !== undefined && bytes.length !== fixed.sizeBytes) {
        throw otherFile(path);
      }
      const copy = await newLocalPath('copy');
      await writeFile(copy, bytes);
      return copy;
    },
    async workFolder(purpose) {
      const path = await newLocalPath(purpose);
      await mkdir(path);
      return { path, release: () => rm(path, { recursive: true, force: true }) };
    },
    async removeAbandonedWork() {
      return 0;
    },
    async delete(path) {
      checkPath(path);
      files.delete(path);
    },
    async deleteFolder(path) {
      checkPath(path);
      for (const file of [...files.keys()]) {
        if (file.startsWith(`${path}/`)) {
          files.delete(file);
        }
      }
    },
  };
  return {
    ...storage,
    async dispose() {
      if (temporary) {
        await rm(await temporary, { recursive: true, force: true });
      }
      temporary = undefined;
    },
  };
}
