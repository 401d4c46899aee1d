import { isAbsolute, relative } from 'node:path';

/** A path as the user would type it: relative if it is in the working folder, else absolute. */
export function showPath(path: string, cwd: string): string {
  const shown = isAbsolute(path) ? relative(cwd, path) : path;
  return shown === '' || shown.startsWith('..') || isAbsolute(shown) ? path : shown;
}
