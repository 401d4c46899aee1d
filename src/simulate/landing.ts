/** The landing folder: assigns lines to files, and renames files when they are complete. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createGzip, type Gzip } from 'node:zlib';
import { ClicklakeError } from '../errors.ts';
import { DAY_MS, HOUR_MS, type SimulationPlan } from './options.ts';

/** The name of the truth beside the files. */
export const TRUTH_FILE = 'truth.json';
/** Exchange rates, where visitors pay in other currencies; the underscore keeps it out of the lake. */
export const RATES_FILE = '_rates.csv';

/** Names as `planFiles` gives them, and those under which files are written. */
const OWN_FILE =
  /^(?:\.?events-(?:\d{4}-\d\d-\d\d(?:T\d\d)?|\d{4,6})\.ndjson(?:\.gz)?(?:\.part)?|\.?truth\.json(?:\.part)?|\.?_rates\.csv(?:\.part)?)$/;

/** The periods that the files stand for: equal, one after the other, in the order of their names. */
export interface FilePeriods {
  count: number;
  /** The number of the file that a line arriving then belongs in, from 0. */
  indexAt(arrivalMs: number): number;
  nameOf(index: number): string;
}

export function planFiles(plan: SimulationPlan): FilePeriods {
  const { split, startMs, endMs } = plan;
  const ending = plan.isGzip ? '.ndjson.gz' : '.ndjson';
  if (split.by === 'count') {
    const periodMs = (endMs - startMs) / split.files;
    const digits = Math.max(String(split.files).length, 4);
    return {
      count: split.files,
      indexAt: (arrivalMs) =>
        Math.min(Math.floor((arrivalMs - startMs) / periodMs), split.files - 1),
      nameOf: (index) => `events-${String(index + 1).padStart(digits, '0')}${ending}`,
    };
  }
  const periodMs = split.by === 'day' ? DAY_MS : HOUR_MS;
  const length = split.by === 'day' ? 10 : 13;
  return {
    count: (endMs - startMs) / periodMs,
    indexAt: (arrivalMs) => Math.floor((arrivalMs - startMs) / periodMs),
    nameOf: (index) =>
      `events-${new Date(startMs + index * periodMs).toISOString().slice(0, length)}${ending}`,
  };
}

/**
 * Makes the folder ready to be written to. Files of an earlier simulation are removed when
 * `overwrite` is set, else refused: two simulations mixed have no truth. Others are left alone.
 */
export function prepareFolder(folder: string, overwrite: boolean): void {
  try {
    mkdirSync(folder, { recursive: true });
    const old = readdirSync(folder).filter((name) => OWN_FILE.test(name));
    if (old.length > 0 && !overwrite) {
      const shown = old.find((name) => !name.startsWith('.')) ?? old[0];
      throw new ClicklakeError(
        'usage',
        `${folder} holds files of an earlier simulation (${shown})`,
        {
          hint: 'choose another --out, or remove the earlier files with --overwrite',
        },
      );
    }
    // Delete the truth first: it must never exist without all files.
    for (const name of old.sort((a, b) => Number(b === TRUTH_FILE) - Number(a === TRUTH_FILE))) {
      rmSync(join(folder, name));
    }
  } catch (error) {
    throw asWriteError(error, folder);
  }
}

/** Larger files cannot be equal: all lines of one would have to be duplicates or malformed. */
const MAX_ALIKE_BYTES = 16_384;
const LINE_FEED = Uint8Array.of(0x0a);

export interface LandingFolder {
  /** Names of the finished files, in order. */
  readonly names: readonly string[];
  /** Bytes of the finished files, as stored. */
  readonly sizeBytes: number;
  /** Adds lines to the file; the one before, if another, is finished first. */
  append(index: number, lines: Uint8Array): Promise<void>;
  /** Finishes the last file. */
  close(): Promise<void>;
  /** Removes all its files: without a truth they are of no use, and the folder can be used again. */
  abandon(): void;
}

/**
 * No two files get the same bytes. They could where a file holds no more than a repeated delivery,
 * and `ingest` would take the second for the first; blank lines at its end tell them apart.
 */
export function openLandingFolder(
  folder: string,
  periods: FilePeriods,
  isGzip: boolean,
): LandingFolder {
  const names: string[] = [];
  let sizeBytes = 0;
  const smallContents = new Set<string>();
  let current: OpenFile | undefined;
  let failure: unknown;

  const abandon = (): void => {
    current?.sink.abandon();
    current = undefined;
    for (const name of names.splice(0)) {
      rmSync(join(folder, name), { force: true });
    }
  };

  const tellApart = async ({ sink, start, linesBytes }: OpenFile): Promise<void> => {
    if (linesBytes > MAX_ALIKE_BYTES) {
      return;
    }
    let content = Buffer.concat(start);
    while (smallContents.has(sha256(content))) {
      content = Buffer.concat([content, LINE_FEED]);
      await sink.write(LINE_FEED);
    }
    smallContents.add(sha256(content));
  };

  const finish = async (): Promise<void> => {
    if (current !== undefined) {
      await tellApart(current);
      sizeBytes += await current.sink.close();
      names.push(current.name);
      current = undefined;
    }
  };

  const append = async (index: number, lines: Uint8Array): Promise<void> => {
    if (current?.index !== index) {
      await finish();
      const name = periods.nameOf(index);
      const sink = openFileSink(folder, name, isGzip);
      current = { index, name, sink, start: [], linesBytes: 0 };
    }
    current.linesBytes += lines.length;
    if (current.linesBytes <= MAX_ALIKE_BYTES) {
      // A copy: the caller uses the bytes again.
      current.start.push(Uint8Array.from(lines));
    }
    await current.sink.write(lines);
  };

  return {
    names,
    get sizeBytes() {
      return sizeBytes;
    },
    async append(index, lines) {
      // Lines that were on their way when the disk got full: they must not finish the file.
      if (failure !== undefined) {
        throw failure;
      }
      try {
        await append(index, lines);
      } catch (error) {
        failure = error;
        abandon();
        throw error;
      }
    },
    close: finish,
    abandon,
  };
}

interface OpenFile {
  index: number;
  name: string;
  sink: FileSink;
  /** Its lines, while they are few. */
  start: Uint8Array[];
  linesBytes: number;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** A file being written under a hidden name; closing gives it its own. Where either fails, nothing of it is left. */
export interface FileSink {
  write(bytes: Uint8Array): Promise<void>;
  /** Answers the file's size in bytes. */
  close(): Promise<number>;
  abandon(): void;
}

export function openFileSink(folder: string, name: string, isGzip: boolean): FileSink {
  const partPath = join(folder, `.${name}.part`);
  let sizeBytes = 0;
  let file: number | undefined = openExclusively(partPath, join(folder, name));
  const closeFile = (): void => {
    if (file !== undefined) {
      const closing = file;
      file = undefined;
      closeSync(closing);
    }
  };
  const abandon = (): void => {
    closeFile();
    rmSync(partPath, { force: true });
  };
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      abandon();
      throw asWriteError(error, join(folder, name));
    }
  };
  const store = (bytes: Uint8Array): void =>
    guard(() => {
      // What is compressed already when the file is given up goes nowhere.
      for (let written = 0; file !== undefined && written < bytes.length; ) {
        written += writeSync(file, bytes, written);
      }
      sizeBytes += bytes.length;
    });
  const gzip = isGzip ? openGzip(store) : undefined;
  return {
    async write(bytes) {
      if (gzip === undefined) {
        store(bytes);
      } else {
        await gzip.write(bytes);
      }
    },
    async close() {
      await gzip?.end();
      guard(() => {
        closeFile();
        renameSync(partPath, join(folder, name));
      });
      return sizeBytes;
    },
    abandon,
  };
}

/** Whether somebody else is writing a file of that name. */
export function isTaken(error: unknown): boolean {
  return (
    error instanceof ClicklakeError &&
    (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EEXIST'
  );
}

/** Two that write to one folder at the same time must not mix their lines. */
function openExclusively(path: string, named: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw asWriteError(error, named);
    }
    throw new ClicklakeError('usage', `another simulation is being written to ${dirname(path)}`, {
      hint: 'wait until it has ended, or choose another --out',
      cause: error,
    });
  }
}

/** Compresses on the side, in order; `store` gets what comes out. */
function openGzip(store: (bytes: Uint8Array) => void): {
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
} {
  const gzip: Gzip = createGzip({ level: 6 });
  let failure: unknown;
  gzip.on('data', (chunk: Buffer) => {
    try {
      store(chunk);
    } catch (error) {
      failure ??= error;
    }
  });
  const settle = (resolve: () => void, reject: (error: unknown) => void) => () => {
    if (failure === undefined) {
      resolve();
    } else {
      reject(failure);
    }
  };
  return {
    // The callback comes when the bytes are taken in, so the caller may use them again.
    write: (bytes) => new Promise((resolve, reject) => gzip.write(bytes, settle(resolve, reject))),
    end: () =>
      new Promise((resolve, reject) => {
        gzip.once('end', settle(resolve, reject));
        gzip.end();
      }),
  };
}

/** Converts errors of the file system to `ClicklakeError`. */
export function asWriteError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof ClicklakeError || code === undefined) {
    return error;
  }
  if (code === 'ENOSPC') {
    return new ClicklakeError('disk_full', `the disk is full: ${path} could not be written`, {
      hint: 'free some space, or simulate fewer events',
      cause: error,
    });
  }
  const isDenied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  return new ClicklakeError(
    isDenied ? 'permission_denied' : 'storage_failed',
    `${path} could not be written (${code})`,
    { hint: 'choose another --out, a folder that can be written to', cause: error },
  );
}
