/**
 * Bronze files never change once they are received, and everything relies on it. This is where they
 * are compared with what the ledger says of them: sizes at every run, the SHA-256 wherever a whole
 * file is read anyway.
 */
import { createHash } from 'node:crypto';
import { ClicklakeError } from '../errors.ts';
import { readLocalFile } from '../storage/read-local-file.ts';
import type { FixedFile, Storage } from '../storage/storage.ts';
import { decompress } from './decompress.ts';
import type { FileLayout } from './formats/record-format.ts';
import { recordLines } from './formats/record-lines.ts';

/** A received file that is gone or has changed. */
export interface DamagedFile {
  path: string;
  reason: string;
}

/** What the ledger says of a file. */
interface Fingerprint {
  /** Path in the lake. */
  path: string;
  sizeBytes: number;
  /** Of the bytes as received, in hex. */
  sha256: string;
}

/** A received file never changes, and its hash tells it from any other that had its path. */
export function fixedFile({ sizeBytes, sha256 }: Omit<Fingerprint, 'path'>): FixedFile {
  return { sizeBytes, contentName: sha256 };
}

/** A path on this machine that holds the file's bytes. */
export function localCopy(storage: Storage, file: Fingerprint): Promise<string> {
  return storage.localPath(file.path, fixedFile(file));
}

/** What is wrong with a file by its size now (undefined: there is none); undefined: nothing. */
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

/** The error about these files, at least one. */
export function damagedError(files: readonly DamagedFile[], cause?: unknown): ClicklakeError {
  const [first, ...others] = files;
  const more = others.length === 0 ? '' : ` (and so ${others.length} more)`;
  return new ClicklakeError(
    'bronze_damaged',
    `${first?.path} has changed since ingest: ${first?.reason}${more}`,
    {
      hint: 'move what is there now out of bronze/ and ingest the original again: it takes its old place',
      cause,
    },
  );
}

/**
 * The record lines of a received file, in bounded memory. Throws `bronze_damaged` at its end, or where it
 * cannot go on, when the bytes are not those that were received. `bytes`: the file as stored.
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
    // It could be read when it was received.
    throw hasCode(error, 'input_refused') ? otherContent(file, error) : error;
  }
}

/** The bytes of a received file, from the copy that a remote lake's files are worked on from. */
export async function* readCopy(storage: Storage, file: Fingerprint): AsyncGenerator<Buffer> {
  for await (const chunk of readLocalFile(await localCopy(storage, file))) {
    // Engines may keep it longer than it is valid.
    yield Buffer.from(chunk);
  }
}

/** Reads the files whole and throws `bronze_damaged` for the first that has changed. */
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

/** Hands the bytes on, and throws at their end unless they are those that were received. */
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
