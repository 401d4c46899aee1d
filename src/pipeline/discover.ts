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
  hashesAt,
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
  const changed: { known: ListedFile; foundBytes: number | undefined }[] = [];
  const differences = besideLedger(context.storage.list(BRONZE_ROOT), listedFiles(context));
  for await (const { file, known } of differences) {
    if (known !== undefined) {
      changed.push({ known, foundBytes: file?.sizeBytes });
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
