/**
 * Bronze files never change once they are received, and everything relies on it. This module
 * compares them with the ledger: the size in every run, the SHA-256 whenever a whole file is read
 * anyway.
 */
import { createHash } from 'node:crypto';
import { ClicklakeError } from '../errors.ts';
import { readLocalFile } from '../storage/read-local-file.ts';
import type { FixedFile, Storage } from '../storage/storage.ts';
import { decompress } from './decompress.ts';
import type { FileLayout } from './formats/record-format.ts';
import { recordLines } from './formats/record-lines.ts';

/** A received file that is missing or has changed. */
export interface DamagedFile {
  path: string;
  reason: string;
}

/** The ledger's facts about a file. */
interface Fingerprint {
  /** Path in the lake. */
  path: string;
  sizeBytes: number;
  /** SHA-256 of the received bytes, in hex. */
  sha256: string;
}

/**
 * A received file never changes. Its hash distinguishes it from any other file that had the same
 * path.
 */
export function fixedFile({ sizeBytes, sha256 }: Omit<Fingerprint, 'path'>): FixedFile {
  return { sizeBytes, contentName: sha256 };
}

/** A local path with the file's bytes. */
export function localCopy(storage: Storage, file: Fingerprint): Promise<string> {
  return storage.localPath(file.path, fixedFile(file));
}

/**
 * Compares a file's size with the ledger (undefined: the file is missing). Undefined: no damage.
 */
export function damageBySize(
  { path, sizeBytes, sha256 }: Fingerprint,
  foundBytes: number | undefined,
): DamagedFile | undefined {
  if (foundBytes === sizeBytes) {
    return undefined;
  }
  const found = foundBytes === undefined ? 'it is missing' : `it has ${foundBytes} bytes`;
  return { path, reason: `${found}, and had ${sizeBytes} bytes with the SHA-256 ${sha256}` };
}

/** The error for these files, at least one. */
export function damagedError(files: readonly DamagedFile[], cause?: unknown): ClicklakeError {
  const [first, ...others] = files;
  const more = others.length === 0 ? '' : ` (and so ${others.length} more)`;
  return new ClicklakeError(
    'bronze_damaged',
    `${first?.path} has changed since ingest: ${first?.reason}${more}`,
    {
      hint: 'move what is there now out of bronze/ and ingest the original again: it returns to its old path',
      cause,
    },
  );
}

/**
 * The record lines of a received file, in bounded memory. `bytes`: the stored file. Throws
 * `bronze_damaged` if the bytes have changed since they were received: at their end, or where
 * decoding fails.
 */
export async function* openReceived(
  storage: Storage,
  file: Fingerprint & FileLayout,
  bytes: AsyncIterable<Buffer> = storage.readStream(file.path),
): AsyncGenerator<Buffer> {
  try {
    const { path: name, format, compression } = file;
    const text = decompress(compareBytes(file, bytes), compression, name);
    const localPath = () => localCopy(storage, file);
    yield* recordLines({ name, format, compression, text, localPath });
  } catch (error) {
    // It was readable when it was received, so it has changed.
    throw hasCode(error, 'input_refused') ? otherContent(file, error) : error;
  }
}

/** The bytes of a received file, from its local copy if the lake is remote. */
export async function* readCopy(storage: Storage, file: Fingerprint): AsyncGenerator<Buffer> {
  for await (const chunk of readLocalFile(await localCopy(storage, file))) {
    // Copied, because engines may keep a chunk longer than it is valid.
    yield Buffer.from(chunk);
  }
}

/** Reads the files completely. Throws `bronze_damaged` for the first that has changed. */
export async function checkContents(
  storage: Storage,
  files: readonly Fingerprint[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const file of files) {
    for await (const _chunk of compareBytes(file, readCopy(storage, file))) {
      signal?.throwIfAborted();
    }
  }
}

/** Passes the bytes on. Throws at the end if their hash is not the expected one. */
async function* compareBytes(
  file: Fingerprint,
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const chunk of bytes) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    const missing = hasCode(error, 'not_found') ? damageBySize(file, undefined) : undefined;
    throw missing === undefined ? error : damagedError([missing], error);
  }
  const damage = damageBySize(file, sizeBytes);
  if (damage !== undefined) {
    throw damagedError([damage]);
  }
  if (hash.digest('hex') !== file.sha256) {
    throw otherContent(file);
  }
}

function otherContent({ path, sha256 }: Fingerprint, cause?: unknown): ClicklakeError {
  const reason = `its bytes have changed, and had the SHA-256 ${sha256}`;
  return damagedError([{ path, reason }], cause);
}

function hasCode(error: unknown, code: ClicklakeError['code']): boolean {
  return error instanceof ClicklakeError && error.code === code;
}
