/**
 * Registers files that other tools put under `bronze/<source>/` in the ledger, and reports
 * registered files that are missing or have changed in size.
 */

import { compressionOf } from '../bronze/decompress.ts';
import { type DamagedFile, damageBySize } from '../bronze/received-files.ts';
import { ClicklakeError } from '../errors.ts';
import { readLocalFile } from '../storage/read-local-file.ts';
import type { FileInfo } from '../storage/storage.ts';
import { compareBytes, isSoundPath } from '../storage/storage-path.ts';
import { BRONZE_ROOT, hasNoSource, sourceOfBronzePath } from './bronze-paths.ts';
import { type LakeContext, requireWritable, stopIfAborted } from './context.ts';
import { inOrder } from './in-order.ts';
import {
  addToLedger,
  type LedgerEntry,
  type ListedFile,
  listedFiles,
  receivedHashes,
} from './ledger.ts';
import { checkFile, reasonOf } from './receive-file.ts';
import type { UnreadableFile } from './reports.ts';

export interface Discovery {
  discovered: string[];
  unreadable: UnreadableFile[];
  damaged: DamagedFile[];
}

const FILES_PER_COMMIT = 500;
/** On a remote lake: how many files are downloaded ahead while one is read. */
const FILES_AHEAD = 4;

/**
 * Registers every unlisted file, in order of path, with the present time as time of reception. A
 * file that cannot be read stays where it is, unlisted, and is reported. A file with the same bytes
 * as an earlier one is listed as a repetition: it is not read again and may be removed.
 */
export async function discover(
  context: LakeContext,
  addFound: (entries: readonly LedgerEntry[]) => Promise<LedgerEntry[]> = (entries) =>
    addToLedger(context, entries),
): Promise<Discovery> {
  const discovery: Discovery = { discovered: [], unreadable: [], damaged: [] };
  let pending: LedgerEntry[] = [];
  const list = async (): Promise<void> => {
    const added = await addFound(pending);
    discovery.discovered.push(...added.map((entry) => entry.path));
    pending = [];
  };
  const found: { path: string; source: string }[] = [];
  const files = besideLedger(context.storage.list(BRONZE_ROOT), listedFiles(context));
  for await (const { file, known } of files) {
    const isMissed = file === undefined && known?.isRepeated === true;
    const damage =
      known === undefined || isMissed ? undefined : damageBySize(known, file?.sizeBytes);
    if (damage !== undefined) {
      discovery.damaged.push(damage);
    }
    if (file === undefined) {
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
    if (source === undefined || known !== undefined) {
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
  if (found.length > 0) {
    await requireWritable(context, [context.tables.ledger]);
  }
  const hashes = found.length > 0 ? await receivedHashes(context) : new Map<string, string>();
  const brought = inOrder(found, FILES_AHEAD, async (file) => {
    stopIfAborted(context.signal);
    return { ...file, copy: await context.storage.localPath(file.path) };
  });
  for await (const { path, source, copy } of brought) {
    stopIfAborted(context.signal);
    try {
      const entry = await examine(context, { path, source, copy }, hashes);
      pending.push(entry);
      if (entry.repeats === null) {
        hashes.set(entry.sha256, path);
      }
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
  return discovery;
}

/** Files of Bronze and of the ledger, both in the order of their paths: one by one, in flat memory. */
async function* besideLedger(
  files: AsyncIterable<FileInfo>,
  listed: AsyncGenerator<ListedFile>,
): AsyncGenerator<{ file?: FileInfo; known?: ListedFile }> {
  let known = await listed.next();
  try {
    for await (const file of files) {
      while (known.done !== true && compareBytes(known.value.path, file.path) < 0) {
        yield { known: known.value };
        known = await listed.next();
      }
      if (known.done !== true && known.value.path === file.path) {
        yield { file, known: known.value };
        known = await listed.next();
      } else {
        yield { file };
      }
    }
    for (; known.done !== true; known = await listed.next()) {
      yield { known: known.value };
    }
  } finally {
    await listed.return(undefined);
  }
}

async function examine(
  context: LakeContext,
  { path, source, copy }: { path: string; source: string; copy: string },
  hashes: ReadonlyMap<string, string>,
): Promise<LedgerEntry> {
  const { lineCount, blankLineCount, ...file } = await checkFile(readLocalFile(copy), path, {
    localPath: copy,
    format: context.settings.sources?.[source]?.format,
  });
  const earlier = hashes.get(file.sha256) ?? null;
  const isRepeated = earlier !== null;
  return {
    path,
    source,
    ...file,
    lineCount: isRepeated ? 0 : lineCount,
    blankLineCount: isRepeated ? 0 : blankLineCount,
    receivedAtMicros: BigInt(context.now()) * 1000n,
    repeats: earlier,
    origin: null,
  };
}
