/** Finds the files of a landing container that the lake has not ingested yet. */
import {
  dayOfPath,
  dayPrefix,
  type FolderName,
  type LandingPattern,
} from '../mapping/landing-pattern.ts';
import type { LandedFile, Landing } from '../storage/landing.ts';
import { compareBytes, isSoundPath } from '../storage/storage-path.ts';
import { type LakeContext, stopIfAborted } from './context.ts';
import { DAY_MS, firstRecentDay, isoDay } from './days.ts';
import { originVersion, takenOrigins } from './ledger.ts';
import type { RefusedFile } from './reports.ts';

/** A file of a landing container, to be taken by `ingest`. */
export interface LandedInput {
  kind: 'landed';
  /** Its address, as the ledger stores it. */
  address: string;
  /** Its path within the container. */
  name: string;
  sizeBytes: number;
  etag: string;
  open(): AsyncIterable<Buffer>;
}

export interface LandedFiles {
  /** By the date of their folder, then by path: oldest first. */
  inputs: LandedInput[];
  /** Number of files that were ingested before and have not changed. */
  unchangedCount: number;
  refused: RefusedFile[];
}

/**
 * Lists the files of a container. If the pattern has date folders, only folders from the day before
 * the newest ingested one are listed, separately for each parent folder. `listsAll`: lists every
 * folder.
 */
export async function findLanded(
  context: LakeContext,
  landing: Landing,
  pattern: LandingPattern,
  { listsAll }: { listsAll: boolean },
): Promise<LandedFiles> {
  const taken = await takenOrigins(context, `${landing.url}/${pattern.base}`);
  const pathsTaken = [...taken.keys()].map((address) => address.slice(landing.url.length + 1));
  const found: LandedFiles = { inputs: [], unchangedCount: 0, refused: [] };
  const newestDays = listsAll ? new Map<string, string>() : newestDayByFolder(pattern, pathsTaken);
  for await (const file of listLanded(landing, pattern, newestDays, context.now())) {
    stopIfAborted(context.signal);
    const address = `${landing.url}/${file.path}`;
    if (!isWanted(file, pattern)) {
      continue;
    }
    if (!isSoundPath(file.path)) {
      found.refused.push({ from: address, reason: 'a part of its path is empty, . or ..' });
    } else if (taken.get(address)?.has(originVersion(file.sizeBytes, file.etag))) {
      found.unchangedCount += 1;
    } else if (file.isArchived) {
      found.refused.push({
        from: address,
        reason: 'it is in the archive tier',
        hint: 'restore it (az storage blob set-tier --tier Hot), which takes hours, or choose an address that contains no archived files',
      });
    } else {
      const { path: name, sizeBytes, etag } = file;
      const open = () => landing.readStream(file);
      found.inputs.push({ kind: 'landed', address, name, sizeBytes, etag, open });
    }
  }
  const order = (input: LandedInput): string => dayOfPath(pattern, input.name) ?? '';
  found.inputs.sort((a, b) => compareBytes(order(a), order(b)) || compareBytes(a.name, b.name));
  return found;
}

/**
 * Skips hidden files, as on local disk. Skips empty files: their sender may still be writing them.
 */
function isWanted({ path, sizeBytes }: LandedFile, { base, paths }: LandingPattern): boolean {
  const names = path.slice(base.length).split('/');
  return sizeBytes > 0 && paths.test(path) && !names.some((name) => /^[._]/.test(name));
}

async function* listLanded(
  landing: Landing,
  { base, folders, day }: LandingPattern,
  newestDays: ReadonlyMap<string, string>,
  nowMs: number,
): AsyncGenerator<LandedFile> {
  if (day === undefined) {
    yield* listBelow(landing, base);
    return;
  }
  for await (const folder of expandFolders(landing, base, folders)) {
    const newest = newestDays.get(folder);
    if (newest === undefined) {
      yield* landing.list(folder + day.replace(/\{.*$/s, ''));
      continue;
    }
    for (let ms = firstRecentDay(newest, nowMs); ms <= nowMs + DAY_MS; ms += DAY_MS) {
      yield* landing.list(folder + dayPrefix(day, isoDay(ms)));
    }
  }
}

/** The files of a folder, or the single file of that name. */
async function* listBelow(landing: Landing, folder: string): AsyncGenerator<LandedFile> {
  let isEmpty = true;
  for await (const file of landing.list(folder)) {
    isEmpty = false;
    yield file;
  }
  if (isEmpty && folder !== '') {
    const name = folder.slice(0, -1);
    for await (const file of landing.list(name)) {
      if (file.path === name) {
        yield file;
      }
      // Names are listed in order, so the exact name comes before longer ones.
      return;
    }
  }
}

async function* expandFolders(
  landing: Landing,
  from: string,
  [next, ...others]: readonly FolderName[],
): AsyncGenerator<string> {
  if (next === undefined) {
    yield from;
    return;
  }
  const names =
    next.name === undefined
      ? (await landing.listFolders(from)).filter((name) => next.fits.test(name))
      : [next.name];
  for (const name of names) {
    yield* expandFolders(landing, `${from}${name}/`, others);
  }
}

/** By folder that contains date folders: the newest date from which a file was ingested. */
function newestDayByFolder(pattern: LandingPattern, paths: readonly string[]): Map<string, string> {
  const depth = pattern.base.split('/').length - 1 + pattern.folders.length;
  const newest = new Map<string, string>();
  for (const path of paths) {
    const day = dayOfPath(pattern, path);
    const folder = path
      .split('/')
      .slice(0, depth)
      .map((name) => `${name}/`)
      .join('');
    if (day !== undefined && !Number.isNaN(Date.parse(day)) && day > (newest.get(folder) ?? '')) {
      newest.set(folder, day);
    }
  }
  return newest;
}
