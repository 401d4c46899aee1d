/** Reads the files of a batch on several threads. Each writes its own file of lines. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { addFields, noFields } from '../../bronze/field-counts.ts';
import { type FileLayout, isPlainLines } from '../../bronze/formats/record-format.ts';
import { ClicklakeError, type ErrorCode } from '../../errors.ts';
import { joinFoundPaths } from '../../mapping/record-layout.ts';
import { type ByteRange, openLineReading, type ReadLines, type RecordRules } from './read-lines.ts';

export interface LineFile extends FileLayout {
  fileNumber: number;
  receivedAtMicros: bigint;
  /** The mapping number of its source. */
  mapping: number;
  localPath: string;
  path: string;
  /** Size of the received bytes. */
  sizeBytes: number;
  /** Size of the records as lines. */
  textBytes: number;
}

export interface BatchLines extends Omit<ReadLines, 'path'> {
  /** Files of lines. */
  paths: string[];
}

export interface LineReaders {
  /**
   * Reads all lines of the files into files in `folder`. Throws errors of reading and writing. One
   * call at a time.
   */
  read(files: readonly LineFile[], folder: string, rules: RecordRules): Promise<BatchLines>;
  close(): Promise<void>;
}

export type ReaderCall =
  | { kind: 'read'; ranges: ByteRange[]; target: string; rules: RecordRules }
  | { kind: 'finish' };

export type ReaderAnswer =
  | { kind: 'done' }
  | { kind: 'finished'; lines: ReadLines | undefined }
  | { kind: 'refused'; code: ErrorCode; message: string; hint: string | undefined; cause: unknown }
  | { kind: 'failed'; error: unknown };

/** The work of a thread at a time: a byte range of a large file, or several small files. */
const RANGE_BYTES = 16 * 1024 * 1024;
/** Starting threads takes longer than reading this many bytes. */
const SMALL_BYTES = 4 * 1024 * 1024;

/** Threads are started on demand and kept. */
export function createLineReaders(threads: number): LineReaders {
  let workers: ReaderThread[] = [];
  let fileCount = 0;
  const close = async (): Promise<void> => {
    const closing = workers;
    workers = [];
    await Promise.all(closing.map((worker) => worker.close()));
  };
  return {
    async read(files, folder, rules) {
      const target = (): string => join(folder, `lines-${fileCount++}.parquet`);
      const textBytes = files.reduce((sum, file) => sum + file.textBytes, 0);
      const url = textBytes > SMALL_BYTES ? findWorker() : undefined;
      const shares = divide(files);
      if (url === undefined) {
        return together([await readHere(shares, target(), rules)]);
      }
      while (workers.length < Math.min(threads, shares.length)) {
        workers.push(startThread(url));
      }
      try {
        return together(
          await Promise.all(workers.map((worker) => readThere(worker, shares, target(), rules))),
        );
      } catch (error) {
        // Other threads may still be working.
        await close();
        throw error;
      }
    },
    close,
  };
}

/** Divides the files, in order, into shares of about the same size. */
function divide(files: readonly LineFile[]): ByteRange[][] {
  const shares: ByteRange[][] = [];
  let small: ByteRange[] = [];
  let smallBytes = 0;
  for (const { sizeBytes, textBytes, ...file } of files) {
    const whole = { ...file, start: 0, end: Number.POSITIVE_INFINITY };
    if (textBytes <= RANGE_BYTES || !isPlainLines(file)) {
      small.push(whole);
      smallBytes += textBytes;
      if (smallBytes > RANGE_BYTES) {
        shares.push(small);
        small = [];
        smallBytes = 0;
      }
      continue;
    }
    const count = Math.ceil(sizeBytes / RANGE_BYTES);
    for (let index = 0; index < count; index += 1) {
      const start = Math.floor((index * sizeBytes) / count);
      const end = Math.floor(((index + 1) * sizeBytes) / count);
      // The last range has no end: the file may have grown since.
      shares.push([{ ...whole, start, ...(index < count - 1 ? { end } : {}) }]);
    }
  }
  if (small.length > 0) {
    shares.push(small);
  }
  return shares;
}

async function readHere(
  shares: readonly ByteRange[][],
  target: string,
  rules: RecordRules,
): Promise<ReadLines> {
  const reading = openLineReading(target, rules);
  try {
    for (const range of shares.flat()) {
      await reading.read(range);
    }
    return reading.finish();
  } catch (error) {
    reading.abandon();
    throw error;
  }
}

/** Reads shares from the list until it is empty. */
async function readThere(
  worker: ReaderThread,
  shares: ByteRange[][],
  target: string,
  rules: RecordRules,
): Promise<ReadLines | undefined> {
  for (let ranges = shares.shift(); ranges !== undefined; ranges = shares.shift()) {
    await worker.call({ kind: 'read', ranges, target, rules });
  }
  const answer = await worker.call({ kind: 'finish' });
  return answer.kind === 'finished' ? answer.lines : undefined;
}

function together(parts: readonly (ReadLines | undefined)[]): BatchLines {
  const lines: BatchLines = {
    ...{ paths: [], lineCounts: new Map(), unknownFields: noFields(), foundPaths: new Map() },
  };
  for (const part of parts) {
    if (part === undefined) {
      continue;
    }
    lines.paths.push(part.path);
    for (const [file, count] of part.lineCounts) {
      lines.lineCounts.set(file, (lines.lineCounts.get(file) ?? 0) + count);
    }
    addFields(lines.unknownFields, part.unknownFields);
    for (const [mapping, found] of part.foundPaths) {
      lines.foundPaths.set(mapping, joinFoundPaths(lines.foundPaths.get(mapping), found));
    }
  }
  return lines;
}

interface ReaderThread {
  /** One call at a time. */
  call(call: ReaderCall): Promise<ReaderAnswer>;
  close(): Promise<void>;
}

function startThread(url: URL): ReaderThread {
  const worker = new Worker(url);
  let settle: { resolve(answer: ReaderAnswer): void; reject(error: unknown): void } | undefined;
  worker.on('message', (answer: ReaderAnswer) => settle?.resolve(answer));
  worker.on('error', (error) => settle?.reject(error));
  worker.on('exit', (code) => settle?.reject(new Error(`a reading thread ended with ${code}`)));
  // Idle threads must not keep the process alive.
  worker.unref();
  return {
    async call(call) {
      worker.ref();
      const answer = await new Promise<ReaderAnswer>((resolve, reject) => {
        settle = { resolve, reject };
        worker.postMessage(call);
      });
      worker.unref();
      if (answer.kind === 'refused') {
        const { code, message, hint, cause } = answer;
        throw new ClicklakeError(code, message, { ...(hint === undefined ? {} : { hint }), cause });
      }
      if (answer.kind === 'failed') {
        throw answer.error;
      }
      return answer;
    },
    async close() {
      await worker.terminate();
    },
  };
}

/**
 * The compiled worker; undefined if running from source. Then the calling thread reads the files.
 */
function findWorker(): URL | undefined {
  const isCompiled = import.meta.url.endsWith('.js');
  return isCompiled ? new URL('./line-reader-worker.js', import.meta.url) : undefined;
}
