/**
 * Registers files that other tools put under `bronze/<source>/` in the ledger, and reports
 * registered files that are missing or have changed in size.
 */

import { compressionOf } from '../bronze/decompress.ts';
import { type DamagedFile, damageBySize } from '../bronze/received-files.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import { ClicklakeError } from '../errors.ts';
import { endOfRange, type PathRange } from '../storage/path-ranges.ts';
import { readLocalFile } from '../storage/read-local-file.ts';
import type { FileInfo } from '../storage/storage.ts';
import { compareBytes, isSoundPath } from '../storage/storage-path.ts';
import { BRONZE_ROOT, hasNoSource, sourceOfBronzePath } from './bronze-paths.ts';
import { type LakeContext, loadTable, requireWritable, stopIfAborted } from './context.ts';
import { chooseListing, forgetFullListing, recordFullListing } from './full-listing.ts';
import { inOrder } from './in-order.ts';
import {
  addToLedger,
  hashesAt,
  type LedgerEntry,
  type ListedFile,
  listedFiles,
  type ReceivedFile,
  receivedHashes,
} from './ledger.ts';
import { checkFile, reasonOf } from './receive-file.ts';
import type { UnreadableFile } from './reports.ts';

export interface Discovery {
  discovered: string[];
  unreadable: UnreadableFile[];
  damaged: DamagedFile[];
  /** Old date folders that were not listed. */
  leftOut: readonly PathRange[];
  /** The ISO time of the last full listing. Set if any folder was left out. */
  lastFullListing?: string;
}

/** The part of a discovery that reports show. */
export function foundIn({ leftOut: _, ...found }: Discovery): Omit<Discovery, 'leftOut'> {
  return found;
}

export interface DiscoverOptions {
  /** List all of `bronze/`, whether that is due or not. */
  listsAll: boolean;
  /** Adds files to the ledger; returns those that were added. */
  addFound?: (entries: readonly LedgerEntry[]) => Promise<LedgerEntry[]>;
}

const FILES_PER_COMMIT = 500;
/** On a remote lake: how many files are downloaded ahead while one is read. */
const FILES_AHEAD = 4;
/** An interrupted run may leave many files to Silver that are in old folders. */
const PARALLEL_STATS = 16;

/**
 * Registers every unlisted file, in order of path, with the present time as time of reception. A
 * file that cannot be read stays where it is, unlisted, and is reported. A file with the same bytes
 * as an earlier one is listed as a repetition: it is not read again and may be removed.
 */
export async function discover(
  context: LakeContext,
  { listsAll, addFound }: DiscoverOptions,
): Promise<Discovery> {
  const startedAtMs = context.now();
  const ledger = await loadTable(context, context.tables.ledger);
  const { isRecorded, ...choice } = await chooseListing(context, ledger, listsAll);
  const discovery: Discovery = { discovered: [], unreadable: [], damaged: [], ...choice };
  const found = await compareWithLedger(context, ledger, discovery);
  await register(
    context,
    found,
    discovery,
    addFound ?? ((entries) => addToLedger(context, entries)),
  );
  if (addFound === undefined) {
    const isSound = discovery.unreadable.length === 0 && discovery.damaged.length === 0;
    if (isRecorded && isSound) {
      await recordFullListing(context, startedAtMs);
    } else if (!isSound && (isRecorded || discovery.leftOut.length > 0)) {
      // Every run reports it until it is mended, also when its folder is an old one.
      await forgetFullListing(context);
    }
  }
  return discovery;
}

/** Adds those of these files to `damaged` that are damaged, and in a folder that was not listed. */
export async function checkLeftOut(
  context: LakeContext,
  { leftOut, damaged }: Pick<Discovery, 'leftOut' | 'damaged'>,
  files: readonly ReceivedFile[],
): Promise<void> {
  const known = new Set(damaged.map(({ path }) => path));
  const unseen = files.filter(
    ({ path }) => endOfRange(leftOut, path) !== undefined && !known.has(path),
  );
  const checked = inOrder(unseen, PARALLEL_STATS, async (file) =>
    damageBySize(file, (await context.storage.stat(file.path))?.sizeBytes),
  );
  for await (const damage of checked) {
    if (damage !== undefined) {
      damaged.push(damage);
    }
  }
}

interface FoundFile {
  path: string;
  source: string;
}

/** Returns the files to register. Adds damaged ones, and those that cannot be registered, to `discovery`. */
async function compareWithLedger(
  context: LakeContext,
  ledger: Snapshot | undefined,
  discovery: Discovery,
): Promise<FoundFile[]> {
  const { leftOut } = discovery;
  const found: FoundFile[] = [];
  const changed: { known: ListedFile; foundBytes: number | undefined }[] = [];
  const files = context.storage.list(BRONZE_ROOT, { leaveOut: leftOut });
  for await (const { file, known } of besideLedger(files, listedFiles(context, ledger, leftOut))) {
    if (known !== undefined) {
      // Where folders are left out, the service may have another order and leave out more.
      const isListed = file !== undefined || leftOut.length === 0;
      const present = isListed ? file : await context.storage.stat(known.path);
      changed.push({ known, foundBytes: present?.sizeBytes });
      continue;
    }
    const { path, sizeBytes } = file;
    const source = sourceOfBronzePath(path);
    if (hasNoSource(path)) {
      discovery.unreadable.push({
        path,
        reason: 'it is not in the folder of a source: move it to bronze/<source>/',
      });
    }
    if (source === undefined) {
      continue;
    }
    // Many programs create a file before they write to it. Nothing is lost by skipping an empty
    // file.
    if (sizeBytes === 0 && compressionOf(path) === 'none') {
      continue;
    }
    if (isSoundPath(path)) {
      found.push({ path, source });
    } else {
      discovery.unreadable.push({ path, reason: `a part of its path is empty, . or ..` });
    }
  }
  const recorded = await hashesAt(
    context,
    changed.map(({ known }) => known.path),
  );
  for (const { known, foundBytes } of changed) {
    const sha256 = recorded.get(known.path) ?? '';
    const damage = damageBySize({ ...known, sha256 }, foundBytes);
    if (damage !== undefined) {
      discovery.damaged.push(damage);
    }
  }
  return found;
}

async function register(
  context: LakeContext,
  found: readonly FoundFile[],
  discovery: Discovery,
  addFound: (entries: readonly LedgerEntry[]) => Promise<LedgerEntry[]>,
): Promise<void> {
  if (found.length === 0) {
    return;
  }
  await requireWritable(context, [context.tables.ledger]);
  /** By SHA-256: the path of the first file with it. */
  const firstPaths = new Map<string, string>();
  let pending: LedgerEntry[] = [];
  const list = async (): Promise<void> => {
    const added = await addFound(await markRepetitions(context, pending, firstPaths));
    discovery.discovered.push(...added.map((entry) => entry.path));
    pending = [];
  };
  const brought = inOrder(found, FILES_AHEAD, async (file) => {
    stopIfAborted(context.signal);
    return { ...file, copy: await context.storage.localPath(file.path) };
  });
  for await (const { path, source, copy } of brought) {
    stopIfAborted(context.signal);
    try {
      pending.push(await examine(context, { path, source, copy }));
      context.onProgress({
        stage: 'discover',
        filesFound: discovery.discovered.length + pending.length,
      });
    } catch (error) {
      if (!(error instanceof ClicklakeError) || error.code !== 'input_refused') {
        throw error;
      }
      discovery.unreadable.push({ path, ...reasonOf(error) });
    }
    if (pending.length >= FILES_PER_COMMIT) {
      await list();
    }
  }
  if (pending.length > 0) {
    await list();
  }
}

/** Adds the files' hashes to `firstPaths`. */
async function markRepetitions(
  context: LakeContext,
  entries: readonly LedgerEntry[],
  firstPaths: Map<string, string>,
): Promise<LedgerEntry[]> {
  const unknown = entries.map(({ sha256 }) => sha256).filter((hash) => !firstPaths.has(hash));
  for (const [hash, path] of await receivedHashes(context, unknown)) {
    firstPaths.set(hash, path);
  }
  return entries.map((entry) => {
    const first = firstPaths.get(entry.sha256);
    if (first === undefined) {
      firstPaths.set(entry.sha256, entry.path);
      return entry;
    }
    return { ...entry, lineCount: 0, blankLineCount: 0, repeats: first };
  });
}

type Difference =
  | { file: FileInfo; known?: undefined }
  | { file: FileInfo | undefined; known: ListedFile };

/**
 * Files of Bronze that the ledger does not list, and files of the ledger that are missing or have
 * another size. Both come in the order of their paths, so memory is flat. A repetition may be missing.
 */
async function* besideLedger(
  files: AsyncIterable<FileInfo>,
  listed: AsyncGenerator<ListedFile[]>,
): AsyncGenerator<Difference> {
  let batch: ListedFile[] = [];
  let next = 0;
  const first = async (): Promise<ListedFile | undefined> => {
    while (next === batch.length) {
      const { value, done } = await listed.next();
      if (done) {
        return undefined;
      }
      batch = value;
      next = 0;
    }
    return batch[next];
  };
  try {
    for await (const file of files) {
      for (;;) {
        // Waits only at the end of a batch: most files are unchanged, and take no longer than this.
        const known = batch[next] ?? (await first());
        const order = known === undefined ? 1 : compareBytes(known.path, file.path);
        if (known === undefined || order > 0) {
          yield { file };
          break;
        }
        next += 1;
        if (order === 0) {
          if (known.sizeBytes !== file.sizeBytes) {
            yield { file, known };
          }
          break;
        }
        if (!known.isRepeated) {
          yield { file: undefined, known };
        }
      }
    }
    for (let known = await first(); known !== undefined; known = await first()) {
      next += 1;
      if (!known.isRepeated) {
        yield { file: undefined, known };
      }
    }
  } finally {
    await listed.return(undefined);
  }
}

async function examine(
  context: LakeContext,
  { path, source, copy }: FoundFile & { copy: string },
): Promise<LedgerEntry> {
  const file = await checkFile(readLocalFile(copy), path, {
    localPath: copy,
    format: context.settings.sources?.[source]?.format,
  });
  const receivedAtMicros = BigInt(context.now()) * 1000n;
  return { path, source, ...file, receivedAtMicros, repeats: null, origin: null };
}
