import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './file-errors.ts';

/**
 * Creates a folder with its missing parents. Returns the topmost folder it created; undefined if
 * all existed. Throws the system's error. Safe to run concurrently.
 *
 * Node's recursive `mkdir` never returns if the system reports an existing parent as missing, as in
 * /proc.
 */
export async function makeFolders(folder: string): Promise<string | undefined> {
  try {
    return await makeFolder(folder);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(folder) === folder) {
      throw error;
    }
  }
  const topmost = await makeFolders(dirname(folder));
  const made = await makeFolder(folder);
  return topmost ?? made;
}

async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return folder;
  } catch (error) {
    if (systemCode(error) === 'EEXIST' && (await stat(folder)).isDirectory()) {
      return undefined;
    }
    throw error;
  }
}
