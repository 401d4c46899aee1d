/** Expands the user's inputs (files, folders, globs, `-`) to the list of files to ingest. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { isRemoteAddress, withoutQuery } from '../config/lake-address.ts';
import { systemReason } from '../config/system-reason.ts';
import { ClicklakeError } from '../errors.ts';
import type { IngestInput } from '../pipeline/ingest.ts';

export interface ExpandedInputs {
  inputs: IngestInput[];
  /** Other content of the folders, as paths from the working folder. */
  leftOut: string[];
}

/** The file with the simulator's truth, which `clicklake simulate` writes next to its events. */
const TRUTH_FILE_NAME = 'truth.json';

/**
 * Folders are searched at any depth. All regular files are taken, except those whose name or folder
 * begins with `.` or `_`; these are returned in `leftOut`. Each file occurs once. Files of a folder
 * are in order of path, so that the order of reception does not depend on the file system. Throws
 * `not_found` if an input matches nothing, before anything is read.
 */
export async function expandInputs(
  names: readonly string[],
  cwd: string,
  stdin: AsyncIterable<Buffer>,
): Promise<ExpandedInputs> {
  const expanded: ExpandedInputs = { inputs: [], leftOut: [] };
  const seen = new Set<string>();
  const addFile = (path: string) => {
    if (!seen.has(path)) {
      seen.add(path);
      expanded.inputs.push({ kind: 'file', path });
    }
  };
  for (const name of names) {
    if (name === '-') {
      if (!seen.has('-')) {
        seen.add('-');
        expanded.inputs.push({ kind: 'stream', name: 'stdin', stream: stdin });
      }
      continue;
    }
    const paths = await expandName(name, cwd, expanded.leftOut);
    paths.forEach(addFile);
  }
  return expanded;
}

async function expandName(name: string, cwd: string, leftOut: string[]): Promise<string[]> {
  const path = resolve(cwd, name);
  const found = await statOrUndefined(path, name);
  if (found?.isDirectory()) {
    return expandFolder(path, name, cwd, leftOut);
  }
  // Not only regular files: a named pipe can be read too.
  if (found !== undefined) {
    return [path];
  }
  const matches = await expandGlob(name, cwd);
  if (matches.length === 0) {
    await refuseDanglingLink(path, name);
    throw new ClicklakeError(
      'not_found',
      `no file, folder or match: ${isRemoteAddress(name) ? withoutQuery(name) : name}`,
      {
        hint: 'give a file, a folder, a pattern such as "events/**/*.json.gz", or - for standard input',
      },
    );
  }
  return matches;
}

async function refuseDanglingLink(path: string, name: string): Promise<void> {
  const target = await readlink(path).catch(() => undefined);
  if (target !== undefined) {
    throw new ClicklakeError('not_found', `${name} is a link to ${target}, which does not exist`, {
      hint: 'repair the link, or name the file itself',
    });
  }
}

async function expandFolder(
  folder: string,
  name: string,
  cwd: string,
  leftOut: string[],
): Promise<string[]> {
  const files: string[] = [];
  const skipped: string[] = [];
  await walkFolder(folder, new Set([await realpath(folder)]), files, skipped);
  leftOut.push(...skipped.map((path) => relative(cwd, path)));
  if (files.length === 0) {
    throw new ClicklakeError('not_found', `there is nothing to ingest in ${name}`, {
      hint: 'a folder contributes every file whose name does not begin with . or _',
    });
  }
  return files;
}

async function walkFolder(
  folder: string,
  ancestors: ReadonlySet<string>,
  files: string[],
  leftOut: string[],
): Promise<void> {
  const entries = await readFolder(folder);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const target = entry.isSymbolicLink() ? await statOrUndefined(path, path) : entry;
    if (/^[._]/.test(entry.name) || target === undefined) {
      leftOut.push(path);
    } else if (target.isDirectory()) {
      const real = await realpath(path);
      if (ancestors.has(real)) {
        leftOut.push(path);
      } else {
        await walkFolder(path, new Set([...ancestors, real]), files, leftOut);
      }
    } else if (target.isFile() && entry.name !== TRUTH_FILE_NAME) {
      files.push(path);
    } else {
      leftOut.push(path);
    }
  }
}

async function expandGlob(pattern: string, cwd: string): Promise<string[]> {
  const { glob, isDynamicPattern } = await import('tinyglobby');
  if (!isDynamicPattern(pattern)) {
    return [];
  }
  const matches = await glob(pattern, {
    cwd,
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
  });
  return matches.sort();
}

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

async function statOrUndefined(path: string, name: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return undefined;
    }
    throw unreadable(name, cause);
  }
}

function unreadable(name: string, cause: unknown): ClicklakeError {
  return new ClicklakeError('input_refused', `cannot read ${name}: ${systemReason(cause)}`, {
    hint: 'check that you may read it',
    cause,
  });
}
