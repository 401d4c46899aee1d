/**
 * Puts a project into a folder without losing what a person has done there. A manifest in the folder
 * holds a hash of what every file said when it was generated; a file that says something else is the person's.
 */
import { createHash } from 'node:crypto';
import { readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClicklakeError } from '../errors.ts';
import { makeFolders } from '../storage/make-folders.ts';
import { jsonFile, type ProjectFile } from './project-file.ts';
import { sortKeys } from './sort-keys.ts';
import { tmdlMeaning } from './tmdl-meaning.ts';

export const MANIFEST_FILE = '.clicklake-powerbi.json';
const MANIFEST_FORMAT = 1;

/** What happened to each file; paths are relative to the folder, with `/`. */
export interface WriteReport {
  written: string[];
  unchanged: string[];
  /** No longer part of the project, and as it was generated. */
  removed: string[];
  /** Changed or deleted by a person: left as they are. */
  kept: { path: string; reason: KeptReason }[];
}

export type KeptReason = 'changed' | 'deleted' | 'changed, no longer generated';

type Plan =
  | { kind: 'write' | 'unchanged' | 'remove' | 'forget' }
  | { kind: 'keep'; reason: KeptReason };

/**
 * Brings the folder up to these files. With `isForced` a person's changes to them are overwritten.
 * Files that were never generated are not touched. The manifest is written last: stopped halfway,
 * the next call does the rest. Throws `usage` when the folder cannot be written or its manifest not
 * be read.
 */
export async function writeProject(
  folder: string,
  files: readonly ProjectFile[],
  options: { isForced: boolean },
): Promise<WriteReport> {
  const manifest = await readManifest(folder);
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const report: WriteReport = { written: [], unchanged: [], removed: [], kept: [] };
  const hashes: Record<string, string> = {};
  for (const path of [...new Set([...texts.keys(), ...Object.keys(manifest)])].sort()) {
    const text = texts.get(path);
    const before = manifest[path];
    const onDisk = await readIfThere(join(folder, path));
    const plan = planFile({ path, onDisk, text, before }, options.isForced);
    switch (plan.kind) {
      case 'write':
        await writeWhole(join(folder, path), text!);
        report.written.push(path);
        hashes[path] = hashMeaning(path, text!);
        break;
      case 'unchanged':
        report.unchanged.push(path);
        hashes[path] = hashMeaning(path, text!);
        break;
      case 'remove':
        await removeFile(folder, path);
        report.removed.push(path);
        break;
      case 'keep':
        report.kept.push({ path, reason: plan.reason });
        if (before !== undefined) {
          hashes[path] = before;
        }
        break;
      case 'forget':
        break;
    }
  }
  const manifestFile = jsonFile(MANIFEST_FILE, { format: MANIFEST_FORMAT, files: hashes });
  await writeWhole(join(folder, MANIFEST_FILE), manifestFile.text);
  return report;
}

interface FileState {
  path: string;
  /** What is there. */
  onDisk: string | undefined;
  /** What should be there. */
  text: string | undefined;
  /** The hash of what was generated last. */
  before: string | undefined;
}

function planFile({ path, onDisk, text, before }: FileState, isForced: boolean): Plan {
  if (onDisk === undefined) {
    if (text === undefined) {
      return { kind: 'forget' };
    }
    return before === undefined || isForced
      ? { kind: 'write' }
      : { kind: 'keep', reason: 'deleted' };
  }
  // Earlier versions noted a hash of the text itself.
  const isOurs = before === hashMeaning(path, onDisk) || before === hashText(plainText(onDisk));
  if (text === undefined) {
    return isOurs || isForced
      ? { kind: 'remove' }
      : { kind: 'keep', reason: 'changed, no longer generated' };
  }
  if (hashMeaning(path, onDisk) === hashMeaning(path, text)) {
    return { kind: 'unchanged' };
  }
  return isOurs || isForced ? { kind: 'write' } : { kind: 'keep', reason: 'changed' };
}

function hashMeaning(path: string, text: string): string {
  return hashText(meaning(path, text));
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What Power BI Desktop may write in another way when it saves the file is not in it. */
function meaning(path: string, text: string): string {
  const plain = plainText(text);
  if (path.endsWith('.tmdl')) {
    return tmdlMeaning(plain) ?? plain;
  }
  if (!plain.startsWith('{')) {
    return plain;
  }
  try {
    return JSON.stringify(sortKeys(JSON.parse(plain)));
  } catch {
    return plain;
  }
}

/** Without a byte-order mark, and with one kind of line ends. */
function plainText(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .trimEnd();
}

async function readManifest(folder: string): Promise<Record<string, string>> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readIfThere(path);
  if (text === undefined) {
    return {};
  }
  const files = parseManifest(text);
  if (files !== undefined) {
    return files;
  }
  throw new ClicklakeError('usage', `${path} is not a list of files that this version can read`, {
    hint: 'delete it: files that differ from the generated ones are then taken for your own',
  });
}

/** Hashes by path; undefined when it is anything else, or leads out of the folder. */
function parseManifest(text: string): Record<string, string> | undefined {
  let manifest: { format?: unknown; files?: unknown };
  try {
    manifest = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { format, files } = manifest ?? {};
  if (format !== MANIFEST_FORMAT || typeof files !== 'object' || files === null) {
    return undefined;
  }
  const isFine = Object.entries(files).every(
    ([path, hash]) => typeof hash === 'string' && isInside(path),
  );
  return isFine ? (files as Record<string, string>) : undefined;
}

function isInside(path: string): boolean {
  return !/[\\:]/.test(path) && path.split('/').every((part) => !['', '.', '..'].includes(part));
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      return undefined;
    }
    throw cannot('read', path, cause);
  }
}

/** The file appears with all of its content, or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await makeFolders(dirname(path));
    await writeFile(unfinished, text);
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw cannot('write', path, cause);
  }
}

/** With the folders that it leaves empty. */
async function removeFile(folder: string, path: string): Promise<void> {
  try {
    await rm(join(folder, path), { force: true });
  } catch (cause) {
    throw cannot('remove', join(folder, path), cause);
  }
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const isEmpty = await rmdir(join(folder, parent)).then(
      () => true,
      () => false,
    );
    if (!isEmpty) {
      return;
    }
  }
}

function cannot(what: string, path: string, cause: unknown): ClicklakeError {
  // `ENOTDIR: not a directory, open '/x'` without its code and its repetition of the path.
  const reason = String((cause as Error).message).replace(
    /^[A-Z0-9]+: (.+?), \w+(?: '.*)?$/s,
    '$1',
  );
  return new ClicklakeError('usage', `cannot ${what} ${path}: ${reason}`, {
    hint: 'give a folder that you may write to with --out, and close the project in Power BI Desktop',
    cause,
  });
}
