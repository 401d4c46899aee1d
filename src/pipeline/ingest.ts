/** Copies files into Bronze, byte for byte, and lists them in the ledger. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { ENDING_OF, peekCompression } from '../bronze/decompress.ts';
import type { DeclaredFormat } from '../bronze/formats/record-format.ts';
import { fixedFile } from '../bronze/received-files.ts';
import { ClicklakeError } from '../errors.ts';
import { readLocalFile } from '../storage/read-local-file.ts';
import type { PutResult } from '../storage/storage.ts';
import { safeFileName } from './bronze-paths.ts';
import { type LakeContext, requireWritable, stopIfAborted } from './context.ts';
import { inOrder } from './in-order.ts';
import type { LandedFiles, LandedInput } from './landing.ts';
import { addToLedger, type LedgerEntry, receivedHashes, receivedSizes } from './ledger.ts';
import { type CheckedFile, checkFile, reasonOf } from './receive-file.ts';
import type { IngestReport } from './reports.ts';
import { findUnmapped } from './unmapped-records.ts';

export type IngestInput =
  | { kind: 'file'; path: string }
  | { kind: 'stream'; name: string; stream: AsyncIterable<Buffer> };

/** The ledger is committed after this many files or bytes. */
const FILES_PER_COMMIT = 500;
const BYTES_PER_COMMIT = 2_000_000_000;
/** Small files mostly wait for their sync, so several are ingested at a time. */
const FILES_AT_A_TIME = 8;
/** How many of the new files are compared with the mapping. */
const FILES_LOOKED_AT = 20;

/**
 * Ingests the inputs in order. A file is in the lake completely or not at all. A file whose bytes
 * are in the lake already is skipped. A file that is refused is reported, and the others continue.
 * If the process dies between copy and commit, the next `run` finds the copied files.
 */
export async function ingest(
  context: LakeContext,
  files: readonly IngestInput[],
  options: {
    source: string;
    /** The format of all inputs, instead of detecting it from the content. */
    format?: DeclaredFormat | undefined;
    /** Files found in landing containers; ingested after the others. */
    landed?: LandedFiles;
  },
): Promise<IngestReport> {
  const startedAt = performance.now();
  const inputs = [...files, ...(options.landed?.inputs ?? [])];
  const source = checkSource(options.source);
  const report: IngestReport = {
    source,
    ingested: [],
    skipped: [],
    restored: [],
    refused: [...(options.landed?.refused ?? [])],
    unchanged: options.landed?.unchangedCount ?? 0,
    lineCount: 0,
    sizeBytes: 0,
    durationMs: 0,
  };
  const progress = await trackProgress(context, inputs);
  const known: Known = {
    hashes: await receivedHashes(context),
    sizes: await receivedSizes(context),
  };
  await requireWritable(context, [context.tables.ledger]);
  let pending: { entry: LedgerEntry; from: string }[] = [];
  const list = async (): Promise<void> => {
    const added = new Set(
      await addToLedger(
        context,
        pending.map(({ entry }) => entry),
      ),
    );
    for (const { entry, from } of pending) {
      if (entry.repeats === null) {
        countListed(report, entry, from, added.has(entry));
      }
    }
    pending = [];
  };
  const takings = inOrder(inputs, FILES_AT_A_TIME, async (input) => {
    stopIfAborted(context.signal);
    const from = nameOf(input);
    const { addBytes } = progress;
    return { from, taken: await tryFile(context, input, { ...options, source }, known, addBytes) };
  });
  const looked: LedgerEntry[] = [];
  let lastReceivedAtMicros = 0n;
  for await (const { from, taken } of takings) {
    if ('entry' in taken && taken.entry !== undefined) {
      // Several files are ingested at a time, but their times must increase in the order of the
      // ledger.
      const earliest = lastReceivedAtMicros + 1n;
      const { receivedAtMicros } = taken.entry;
      lastReceivedAtMicros = receivedAtMicros < earliest ? earliest : receivedAtMicros;
      if (taken.kind === 'new' && taken.entry.lineCount > 0 && looked.length < FILES_LOOKED_AT) {
        looked.push(taken.entry);
      }
      pending.push({ entry: { ...taken.entry, receivedAtMicros: lastReceivedAtMicros }, from });
    }
    if (taken.kind === 'known') {
      report.skipped.push({ from, path: taken.path });
    }
    if (taken.kind === 'restored') {
      report.restored.push({ from, path: taken.path });
    }
    if (taken.kind === 'refused') {
      report.refused.push({ from, ...taken.why });
    }
    progress.addFile();
    const bytes = pending.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
    if (pending.length >= FILES_PER_COMMIT || bytes >= BYTES_PER_COMMIT) {
      await list();
    }
  }
  if (pending.length > 0) {
    await list();
  }
  const unmapped = await findUnmapped(context, source, looked);
  if (unmapped !== undefined) {
    report.withoutEvents = unmapped;
  }
  report.durationMs = performance.now() - startedAt;
  return report;
}

/** Errors that refuse one input; the other inputs continue. */
const REFUSALS: ReadonlySet<string> = new Set(['input_refused', 'not_found']);

type Taken =
  | { kind: 'new'; entry: LedgerEntry }
  /** `entry`: records that this file of a landing container need not be read again. */
  | { kind: 'known'; path: string; entry: LedgerEntry | undefined }
  /** The ledger lists the file, but it was missing from Bronze. */
  | { kind: 'restored'; path: string; entry: LedgerEntry | undefined };

interface Known {
  /** By SHA-256: the path of each file that the lake has or is about to have. */
  hashes: Map<string, string | Promise<string>>;
  /**
   * Sizes of the files in the lake. A file of the same size may be a repetition, so it is hashed
   * before anything is sent.
   */
  sizes: ReadonlySet<number>;
}

async function tryFile(
  ...file: Parameters<typeof takeFile>
): Promise<Taken | { kind: 'refused'; why: { reason: string; hint?: string } }> {
  try {
    return await takeFile(...file);
  } catch (error) {
    if (!(error instanceof ClicklakeError) || !REFUSALS.has(error.code)) {
      throw error;
    }
    return { kind: 'refused', why: reasonOf(error) };
  }
}

async function takeFile(
  context: LakeContext,
  input: IngestInput | LandedInput,
  { source, format }: { source: string; format?: DeclaredFormat | undefined },
  known: Known,
  onBytes: (count: number) => void,
): Promise<Taken> {
  const { name, bytes, sizeBytes } = await openInput(input);
  const work = await context.storage.workFolder('ingest');
  const localPath = join(work.path, 'file');
  const place = `${folderOf(source, context.now())}/${safeFileName(name)}`;
  const adoption = context.storage.beginAdoption(localPath, place);
  try {
    const isNew = sizeBytes === undefined || !known.sizes.has(sizeBytes);
    const file = await checkFile(bytes, name, {
      copyTo: localPath,
      format,
      flushes: isNew && adoption.syncsFile,
      onBytes(count) {
        stopIfAborted(context.signal);
        onBytes(count);
      },
      ...(isNew ? { onCopied: adoption.advance } : {}),
    });
    const entryAt = (path: string, receivedAtMs: number): LedgerEntry =>
      toEntry(path, source, file, receivedAtMs, originOf(input));
    const repetition = (of: string): LedgerEntry | undefined =>
      repetitionOf(of, entryAt('', context.now()));
    const earlier = known.hashes.get(file.sha256);
    if (earlier !== undefined) {
      const path = await earlier;
      const present = await context.storage.stat(path);
      if (present?.sizeBytes === file.sizeBytes) {
        return { kind: 'known', path, entry: repetition(path) };
      }
      // Never overwrite the present file: it may hold lines that exist nowhere else.
      if (present !== undefined) {
        throw notAsReceived(name, path);
      }
      await adoption.cancel();
      const { kind } = await context.storage.adopt(localPath, path, fixedFile(file));
      return { kind: kind === 'created' ? 'restored' : 'known', path, entry: repetition(path) };
    }
    const receivedAtMs = context.now();
    const placed =
      folderOf(source, receivedAtMs) === dirname(place)
        ? placeFile(context, localPath, place, file, () => adoption.finish(fixedFile(file)))
        : // The date has changed since the copy began.
          adoptFile(
            context,
            localPath,
            `${folderOf(source, receivedAtMs)}/${basename(place)}`,
            file,
          );
    known.hashes.set(file.sha256, placed);
    return { kind: 'new', entry: entryAt(await placed, receivedAtMs) };
  } finally {
    await adoption.cancel();
    await work.release();
  }
}

function notAsReceived(name: string, path: string): ClicklakeError {
  return new ClicklakeError(
    'input_refused',
    `${name} was received as ${path}, which has other bytes now: move that out of bronze/ first`,
  );
}

function folderOf(source: string, receivedAtMs: number): string {
  return `bronze/${source}/date=${new Date(receivedAtMs).toISOString().slice(0, 10)}`;
}

function adoptFile(
  context: LakeContext,
  localPath: string,
  path: string,
  file: CheckedFile,
): Promise<string> {
  const adopt = () => context.storage.adopt(localPath, path, fixedFile(file));
  return placeFile(context, localPath, path, file, adopt);
}

/** Moves the checked copy into Bronze with `adopt`. After this call the file is in the lake. */
async function placeFile(
  context: LakeContext,
  localPath: string,
  path: string,
  file: CheckedFile,
  adopt: () => Promise<PutResult>,
): Promise<string> {
  if ((await adopt()).kind === 'created') {
    return path;
  }
  // The path is taken. An ingest that was killed before its commit may have left this very file.
  const present = await sha256Of(context.storage.readStream(path)).catch(() => undefined);
  if (present === file.sha256) {
    return path;
  }
  // Another file has this name, so part of the hash is added to the new name.
  const ending = /(\.[A-Za-z0-9]+)?(\.gz|\.zst)?$/.exec(path)?.[0] ?? extname(path);
  const stem = path.slice(0, path.length - ending.length);
  const other = `${stem}-${file.sha256.slice(0, 12)}${ending}`;
  await context.storage.adopt(localPath, other, fixedFile(file));
  return other;
}

async function sha256Of(bytes: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

function toEntry(
  path: string,
  source: string,
  file: CheckedFile,
  receivedAtMs: number,
  origin: LedgerEntry['origin'],
): LedgerEntry {
  return {
    path,
    source,
    sizeBytes: file.sizeBytes,
    textBytes: file.textBytes,
    lineCount: file.lineCount,
    blankLineCount: file.blankLineCount,
    sha256: file.sha256,
    receivedAtMicros: BigInt(receivedAtMs) * 1000n,
    needsExactRead: file.needsExactRead,
    format: file.format,
    compression: file.compression,
    repeats: null,
    origin,
  };
}

/**
 * The ledger entry of a landed file whose bytes are in the lake already, so it was not copied.
 * `entry`: the entry it would have if it were new. Undefined if the file does not come from a
 * landing container.
 */
function repetitionOf(path: string, entry: LedgerEntry): LedgerEntry | undefined {
  const { origin } = entry;
  return origin === null
    ? undefined
    : {
        ...entry,
        ...{ path: `${origin.address}@${origin.etag}`, repeats: path },
        ...{ lineCount: 0, blankLineCount: 0 },
      };
}

function originOf(input: IngestInput | LandedInput): LedgerEntry['origin'] {
  return input.kind === 'landed' ? { address: input.address, etag: input.etag } : null;
}

function nameOf(input: IngestInput | LandedInput): string {
  if (input.kind === 'landed') {
    return input.address;
  }
  return input.kind === 'file' ? input.path : input.name;
}

/** The name of a stream does not say whether it is compressed; its first bytes do. */
async function openInput(
  input: IngestInput | LandedInput,
): Promise<{ name: string; bytes: AsyncIterable<Buffer>; sizeBytes?: number }> {
  if (input.kind === 'file') {
    return { name: basename(input.path), ...(await openFile(input.path)) };
  }
  if (input.kind === 'landed') {
    const { name, sizeBytes } = input;
    return { name, bytes: input.open(), sizeBytes };
  }
  const { compression, bytes } = await peekCompression(input.stream);
  return { name: input.name + ENDING_OF[compression], bytes };
}

async function openFile(
  path: string,
): Promise<{ bytes: AsyncIterable<Buffer>; sizeBytes: number }> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ClicklakeError('not_found', `${path} cannot be read`, { cause });
  });
  if (!found.isFile()) {
    throw new ClicklakeError('input_refused', `${path} is not a file`);
  }
  return { bytes: readInput(path), sizeBytes: found.size };
}

async function* readInput(path: string): AsyncGenerator<Buffer> {
  try {
    yield* readLocalFile(path);
  } catch (error) {
    const { message } = error as Error;
    throw new ClicklakeError('input_refused', message, { cause: error });
  }
}

function countListed(
  report: IngestReport,
  entry: LedgerEntry,
  from: string,
  isAdded: boolean,
): void {
  if (!isAdded) {
    report.skipped.push({ from, path: entry.path });
    return;
  }
  const { path, sizeBytes, lineCount, blankLineCount } = entry;
  report.ingested.push({ path, from, sizeBytes, lineCount, blankLineCount });
  report.lineCount += lineCount;
  report.sizeBytes += sizeBytes;
}

/** Throws `usage` if this is not a valid source name. */
export function checkSource(source: string): string {
  if (/^[A-Za-z0-9][\w.-]*$/.test(source)) {
    return source;
  }
  throw new ClicklakeError('usage', `"${source}" cannot be the name of a source`, {
    hint: 'use letters, digits, dots, hyphens and underscores, beginning with a letter or digit',
  });
}

async function trackProgress(context: LakeContext, inputs: readonly (IngestInput | LandedInput)[]) {
  let bytesTotal = 0;
  for (const input of inputs) {
    if (input.kind === 'landed') {
      bytesTotal += input.sizeBytes;
    }
    if (input.kind !== 'file') {
      continue;
    }
    bytesTotal += (await stat(input.path).catch(() => undefined))?.size ?? 0;
  }
  let filesDone = 0;
  let bytesDone = 0;
  const tell = (): void =>
    context.onProgress({
      stage: 'ingest',
      filesDone,
      filesTotal: inputs.length,
      bytesDone,
      bytesTotal,
    });
  return {
    addFile(): void {
      filesDone += 1;
      tell();
    },
    addBytes(count: number): void {
      bytesDone += count;
      tell();
    },
  };
}
