import { ClicklakeError } from '../errors.ts';
import type { FileInfo } from '../storage/storage.ts';
import { type ActionSet, collectAction, emptyActionSet } from './actions.ts';
import type { DeltaContext } from './context.ts';
import { corrupt } from './corrupt.ts';
import { type JsonValue, parseExactJson } from './exact-json.ts';
import { commitPath } from './log-paths.ts';

/** One version of a table, as read from its commit file. */
export interface Commit extends ActionSet {
  version: number;
}

/** Reads a commit; undefined if it does not exist. Throws `table_corrupt` naming file and line. */
export async function readCommit(
  context: DeltaContext,
  root: string,
  version: number,
): Promise<Commit | undefined> {
  const path = commitPath(root, version);
  let bytes: Buffer;
  try {
    bytes = await context.storage.read(path);
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'not_found') {
      return undefined;
    }
    throw error;
  }
  return { ...parseActionLines(bytes, `${context.storage.url}/${path}`), version };
}

/** The commits from `first` to the newest. */
export async function readCommitsFrom(
  context: DeltaContext,
  root: string,
  first: number,
): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (let version = first; ; version += 1) {
    const commit = await readCommit(context, root, version);
    if (commit === undefined) {
      return commits;
    }
    commits.push(commit);
  }
}

/** File information of a commit. As long as it is equal, the file is the same. */
export async function statCommit(
  context: DeltaContext,
  root: string,
  version: number,
): Promise<FileInfo | undefined> {
  return await context.storage.stat(commitPath(root, version));
}

/** Parses newline-delimited actions (a commit, or a V2 checkpoint in JSON form). */
export function parseActionLines(bytes: Buffer, where: string): ActionSet {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw corrupt(where, 'not UTF-8', cause);
  }
  const set = emptyActionSet();
  let actionCount = 0;
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') {
      return;
    }
    const place = `${where} line ${index + 1}`;
    collectAction(set, parseLine(line, place), place);
    actionCount += 1;
  });
  // Every commit has at least its commitInfo; an empty file is a truncated write.
  if (actionCount === 0) {
    throw corrupt(where, 'the file is empty');
  }
  return set;
}

function parseLine(line: string, where: string): JsonValue {
  try {
    return parseExactJson(line);
  } catch (cause) {
    throw corrupt(where, 'not JSON; probably truncated', cause);
  }
}
