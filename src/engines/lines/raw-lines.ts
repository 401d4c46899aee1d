/** Reads the bytes of single lines by their start offsets. */
import { closeSync, openSync, readSync } from 'node:fs';
import { isPlainLines } from '../../bronze/formats/record-format.ts';
import { localCopy, openReceived, readCopy } from '../../bronze/received-files.ts';
import { fileError } from '../../storage/file-errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { BatchFile } from '../records.ts';

const LF = 0x0a;
const FIRST_READ_BYTES = 4 * 1024;
/** Lines closer to each other than this are read together. */
const NEAR_BYTES = 64 * 1024;
const LARGE_READ_BYTES = 1024 * 1024;

/**
 * Where the record lines of a received file are: in an uncompressed copy, or in text that is
 * decoded from it.
 */
export interface PlaceOfLines {
  localPath: string;
  text: (() => AsyncIterable<Buffer>) | undefined;
}

/** Locates the lines of a received file; downloads the file if the lake is remote. */
export async function placeOfLines(storage: Storage, file: BatchFile): Promise<PlaceOfLines> {
  return {
    localPath: await localCopy(storage, file),
    text: isPlainLines(file)
      ? undefined
      : () => openReceived(storage, file, readCopy(storage, file)),
  };
}

/**
 * Calls `onLine`, without the LF, for each line that begins at one of `starts` (ascending). The
 * buffer is valid only during the call. In uncompressed files only these lines are read; other
 * files are read up to the last of them.
 */
export async function fetchLines(
  file: PlaceOfLines,
  starts: readonly number[],
  onLine: (start: number, line: Buffer) => void,
): Promise<void> {
  if (file.text === undefined) {
    fetchFromPlain(file.localPath, starts, onLine);
  } else {
    await fetchFromText(file.text(), starts, onLine);
  }
}

function fetchFromPlain(
  path: string,
  starts: readonly number[],
  onLine: (start: number, line: Buffer) => void,
): void {
  try {
    const file = openSync(path, 'r');
    try {
      let buffer = Buffer.allocUnsafe(LARGE_READ_BYTES);
      let offset = 0;
      let filled = 0;
      const readAt = (position: number, sizeBytes: number): void => {
        if (buffer.length < sizeBytes) {
          buffer = Buffer.allocUnsafe(sizeBytes);
        }
        offset = position;
        filled = readSync(file, buffer, 0, sizeBytes, position);
      };
      for (const [index, start] of starts.entries()) {
        const next = starts[index + 1] ?? Number.POSITIVE_INFINITY;
        let sizeBytes = next - start < NEAR_BYTES ? LARGE_READ_BYTES : FIRST_READ_BYTES;
        if (start >= offset + filled) {
          readAt(start, sizeBytes);
        }
        for (;;) {
          const from = start - offset;
          const end = buffer.subarray(0, filled).indexOf(LF, from);
          if (end !== -1) {
            onLine(start, buffer.subarray(from, end));
            break;
          }
          const hadBytes = filled - from;
          sizeBytes = Math.max(sizeBytes, 2 * hadBytes);
          readAt(start, sizeBytes);
          if (filled === hadBytes) {
            // The last line of the file has no LF.
            onLine(start, buffer.subarray(0, filled));
            break;
          }
        }
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
}

async function fetchFromText(
  text: AsyncIterable<Buffer>,
  starts: readonly number[],
  onLine: (start: number, line: Buffer) => void,
): Promise<void> {
  let index = 0;
  let offset = 0;
  /** The beginning of the line at `starts[index]`, from earlier chunks. */
  let begun: Buffer[] = [];
  for await (const chunk of text) {
    while (index < starts.length) {
      const start = starts[index] as number;
      const from = Math.max(0, start - offset);
      if (from >= chunk.length) {
        break;
      }
      const end = chunk.indexOf(LF, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      if (end === -1) {
        begun.push(Buffer.from(part));
        break;
      }
      onLine(start, begun.length === 0 ? part : Buffer.concat([...begun, part]));
      begun = [];
      index += 1;
    }
    if (index === starts.length) {
      return;
    }
    offset += chunk.length;
  }
  if (begun.length > 0) {
    onLine(starts[index] as number, Buffer.concat(begun));
  }
}
