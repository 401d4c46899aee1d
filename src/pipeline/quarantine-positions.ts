/**
 * Finds the positions of quarantined records in their files. Silver stores a record's text and
 * file, not its position. Searching the file on demand costs a run nothing, and works for every
 * lake, old or new.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { RecordFormat } from '../bronze/formats/record-format.ts';
import { forEachLine } from '../bronze/lines.ts';
import { openReceived } from '../bronze/received-files.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, stopIfAborted } from './context.ts';
import { filesAt, type ReceivedFile } from './ledger.ts';
import type { RecordPosition } from './reports.ts';

/** What identifies a record: SQL expressions over `silver_quarantine`. */
export const RECORD_KEY_SQL = [
  'bronze_path',
  'md5(COALESCE(raw_base64, raw_text))',
  'CAST(bit_length(COALESCE(raw_base64, raw_text)) / 8 AS BIGINT)',
].join(', ');

/** A row of `RECORD_KEY_SQL`. */
export interface RecordKey {
  bronzePath: string;
  /** MD5 of the text, or of its Base64, in hex. */
  hash: string;
  sizeBytes: number;
}

export interface RecordPositions {
  /**
   * The next position of a record with this key, in file order; null: unknown. Equal records get
   * their positions one by one.
   */
  take(key: RecordKey): RecordPosition | null;
  /** The number of files that were skipped because of their size. */
  unreadFiles: number;
}

const UNITS: Record<RecordFormat, RecordPosition['unit']> = {
  ...{ json_lines: 'line', json_array: 'record', json_values: 'record' },
  snowplow_tsv: 'line',
  ...{ csv: 'row', parquet: 'row', avro: 'record', event_hubs_capture: 'record' },
};

/** Converts a row of `RECORD_KEY_SQL`. */
export function recordKey([bronzePath, hash, sizeBytes]: readonly unknown[]): RecordKey {
  return {
    bronzePath: String(bronzePath),
    hash: String(hash),
    sizeBytes: Number(sizeBytes),
  };
}

/**
 * Reads each file once, up to the last wanted record. If the files together are larger than
 * `maxBytes`, the last ones in the order of `keys` are skipped. A file that is missing or has
 * changed has no positions.
 */
export async function findPositions(
  context: LakeContext,
  keys: readonly RecordKey[],
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<RecordPositions> {
  const keysByPath = new Map<string, RecordKey[]>();
  for (const key of keys) {
    const ofFile = keysByPath.get(key.bronzePath);
    if (ofFile === undefined) {
      keysByPath.set(key.bronzePath, [key]);
    } else {
      ofFile.push(key);
    }
  }
  const found = new Map<
    string,
    { unit: RecordPosition['unit']; numbers: number[]; taken: number }
  >();
  let leftBytes = maxBytes;
  let unreadFiles = 0;
  for (const file of await filesAt(context, [...keysByPath.keys()])) {
    if (file.textBytes > leftBytes) {
      unreadFiles += 1;
      continue;
    }
    leftBytes -= file.textBytes;
    const wanted = countWanted(keysByPath.get(file.path) ?? []);
    await findInFile(context, file, wanted, ({ hash, number }) => {
      const name = nameOf(file.path, hash);
      const equal = found.get(name) ?? { unit: UNITS[file.format], numbers: [], taken: 0 };
      equal.numbers.push(number);
      found.set(name, equal);
    });
  }
  return {
    take({ bronzePath, hash }) {
      const equal = found.get(nameOf(bronzePath, hash));
      const number = equal?.numbers[equal.taken++];
      return equal === undefined || number === undefined ? null : { unit: equal.unit, number };
    },
    unreadFiles,
  };
}

interface Wanted {
  /** Number of wanted records by hash. */
  hashes: Map<string, number>;
  /** Sizes of the wanted texts: only lines of these sizes are hashed. */
  sizes: Set<number>;
  records: number;
}

function countWanted(keys: readonly RecordKey[]): Wanted {
  const hashes = new Map<string, number>();
  for (const { hash } of keys) {
    hashes.set(hash, (hashes.get(hash) ?? 0) + 1);
  }
  return { hashes, sizes: new Set(keys.map(({ sizeBytes }) => sizeBytes)), records: keys.length };
}

async function findInFile(
  { storage, signal }: LakeContext,
  file: ReceivedFile,
  wanted: Wanted,
  onFound: (record: { hash: string; number: number }) => void,
): Promise<void> {
  let number = 0;
  let left = wanted.records;
  const untilFound = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of openReceived(storage, file)) {
      stopIfAborted(signal);
      yield chunk;
      if (left === 0) {
        return;
      }
    }
  };
  const look = (line: Buffer): void => {
    const hash = hashOf(line, wanted.sizes);
    const count = hash === undefined ? 0 : (wanted.hashes.get(hash) ?? 0);
    if (hash !== undefined && count > 0) {
      wanted.hashes.set(hash, count - 1);
      left -= 1;
      onFound({ hash, number });
    }
  };
  try {
    await forEachLine(untilFound(), file.path, (chunk, start, end) => {
      number += 1;
      look(chunk.subarray(start, end));
    });
  } catch (error) {
    if (!(error instanceof ClicklakeError && error.code === 'bronze_damaged')) {
      throw error;
    }
  }
}

/** The hash in the form of `RECORD_KEY_SQL`; undefined: no wanted record has this size. */
function hashOf(line: Buffer, sizes: ReadonlySet<number>): string | undefined {
  const base64Bytes = 4 * Math.ceil(line.length / 3);
  if (!sizes.has(line.length) && !sizes.has(base64Bytes)) {
    return undefined;
  }
  const text = isUtf8(line) ? line : line.toString('base64');
  return createHash('md5').update(text).digest('hex');
}

function nameOf(bronzePath: string, hash: string): string {
  return `${hash} ${bronzePath}`;
}
