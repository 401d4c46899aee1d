import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './file-errors.ts';

/**
 * Creates a folder and the parents that are missing. Answers the topmost folder it created, or
 * undefined when all were there. Throws the system's error. Safe to run at once with others.
 *
 * Node's own recursive `mkdir` never returns where the system says that a folder's parent is missing
 * although it is there, as in /proc.
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
