import { isUtf8 } from 'node:buffer';
import { type Dirent, type Stats, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ClicklakeError } from '../errors.ts';
import { fileError, isMissing } from './file-errors.ts';
import { endOfRange } from './path-ranges.ts';
import type { FileInfo, ListOptions } from './storage.ts';
import { compareBytes, WORK_FOLDER } from './storage-path.ts';

/** After so many files other work of the process gets its turn. */
const FILES_PER_TURN = 200;

/** `Storage.list` for a local folder. Follows links, except to a folder above. */
export async function* listFiles(
  root: string,
  prefix: string,
  { startAfter, leaveOut = [] }: ListOptions,
): AsyncGenerator<FileInfo> {
  const first = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const isAfter = (path: string) => startAfter === undefined || compareBytes(path, startAfter) > 0;
  const isWanted = (path: string) =>
    path.startsWith(prefix) && isAfter(path) && endOfRange(leaveOut, path) === undefined;
  /** Whether a folder (`path` ends in `/`) can contain a wanted path. */
  const canHold = (path: string) => {
    if (path === `${WORK_FOLDER}/` || !(path.startsWith(prefix) || prefix.startsWith(path))) {
      return false;
    }
    const next = endOfRange(leaveOut, path);
    return (startAfter?.startsWith(path) || isAfter(path)) && (next?.startsWith(path) ?? true);
  };
  for await (const files of walk(root, first, [], isWanted, canHold)) {
    for (const file of files) {
      yield file;
    }
  }
}

/**
 * Depth first. Siblings are in byte order of their paths, where a folder's name ends in a slash.
 * Some at a time: each step through generators of several depths takes longer than a look at a file.
 */
async function* walk(
  root: string,
  folder: string,
  linkedFrom: readonly string[],
  isWanted: (path: string) => boolean,
  canHold: (path: string) => boolean,
): AsyncGenerator<FileInfo[]> {
  if (folder !== '' && !canHold(folder)) {
    return;
  }
  const place = join(root, folder);
  let files: FileInfo[] = [];
  for (const [index, entry] of (await readFolder(place)).entries()) {
    const path = folder + entry.name;
    const isTurn = index % FILES_PER_TURN === FILES_PER_TURN - 1;
    if (files.length > 0 && (isTurn || entry.kind !== 'file')) {
      yield files;
      files = [];
    }
    if (isTurn) {
      await nextTurn();
    }
    if (entry.kind === 'folder') {
      yield* walk(root, `${path}/`, linkedFrom, isWanted, canHold);
    } else if (entry.kind === 'linked folder') {
      const target = await realpath(join(place, entry.name));
      // Following a link to a folder above would never end.
      const isLoop = linkedFrom.includes(target) || `${join(root, path)}/`.startsWith(`${target}/`);
      if (!isLoop) {
        yield* walk(root, `${path}/`, [...linkedFrom, target], isWanted, canHold);
      }
    } else if (isWanted(path)) {
      const found = statIfPresent(`${place}/${entry.name}`);
      if (found) {
        files.push({ path, sizeBytes: found.size, modifiedAtMs: Math.floor(found.mtimeMs) });
      }
    }
  }
  yield files;
}

interface Entry {
  name: string;
  kind: 'file' | 'folder' | 'linked folder';
}

async function readFolder(folder: string): Promise<Entry[]> {
  const found = await readDirents(folder);
  const entries: { key: Buffer; entry: Entry }[] = [];
  for (const dirent of found) {
    const name = dirent.name.toString('utf8');
    if (!isUtf8(dirent.name)) {
      throw new ClicklakeError('storage_failed', `a file name in ${folder} is not UTF-8: ${name}`, {
        hint: 'rename the file',
      });
    }
    const kind = kindOf(dirent, folder, name);
    if (kind === undefined) {
      continue;
    }
    entries.push({
      key: kind === 'file' ? dirent.name : Buffer.from(`${name}/`),
      entry: { name, kind },
    });
  }
  return entries.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry);
}

async function readDirents(folder: string): Promise<Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (isMissing(error)) {
      return [];
    }
    throw fileError('list', folder, error);
  }
}

function kindOf(dirent: Dirent<Buffer>, folder: string, name: string): Entry['kind'] | undefined {
  if (dirent.isFile()) {
    return 'file';
  }
  if (dirent.isDirectory()) {
    return 'folder';
  }
  if (!dirent.isSymbolicLink()) {
    return undefined;
  }
  const target = statIfPresent(join(folder, name));
  if (target?.isDirectory()) {
    return 'linked folder';
  }
  return target?.isFile() ? 'file' : undefined;
}

/** Not asynchronous: that takes ten times the processor time, which listings of many files consist of. */
function statIfPresent(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw fileError('look at', file, error);
  }
}
