/** The Bronze ledger: which files the lake has received, in which order. */
import { compressionOf, isCompression } from '../bronze/decompress.ts';
import { type FileLayout, isRecordFormat } from '../bronze/formats/record-format.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { BatchFile } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { endOfRange, type PathRange } from '../storage/path-ranges.ts';
import { type LakeContext, loadTable } from './context.ts';
import { readModel } from './models.ts';
import { DATED_PATH } from './old-folders.ts';
import { textLiteral } from './sql-literal.ts';

export interface LedgerEntry extends FileLayout {
  path: string;
  source: string;
  sizeBytes: number;
  textBytes: number;
  lineCount: number;
  blankLineCount: number;
  sha256: string;
  receivedAtMicros: bigint;
  needsExactRead: boolean;
  /** Path of an earlier file with the same bytes; null: none. */
  repeats: string | null;
  /** The address in a landing container that it was copied from, and its ETag at that time. */
  origin: { address: string; etag: string } | null;
}

/** A file as the ledger lists it. */
export interface ReceivedFile extends BatchFile {
  textBytes: number;
  blankLineCount: number;
}

const APP_ID = 'clicklake-ledger';
const MAX_ATTEMPTS = 50;
/** With more paths than this, a query reads all files instead of naming each. */
const MAX_NAMED_PATHS = 1_000;
/** With more ranges, a query reads all files: it compares each with every range. */
const MAX_NAMED_RANGES = 10;
const NO_TEXT = 'CAST(NULL AS STRING)';

/** Registers the current ledger in the session under its SQL name. */
export async function showLedger(context: LakeContext): Promise<void> {
  await showVersion(context, await loadTable(context, context.tables.ledger));
}

async function showVersion(
  { engine, tables }: LakeContext,
  ledger: Snapshot | undefined,
): Promise<void> {
  await engine.session.showTable(tables.ledger, ledger);
}

/** Files received after `fileNumber` that are no repetitions, in the order of reception. */
export async function filesReceivedAfter(
  context: LakeContext,
  fileNumber: number,
): Promise<ReceivedFile[]> {
  return await selectFiles(context, `file_number > ${fileNumber}`);
}

/** Files with these paths that are no repetitions, newest first. */
export async function filesAt(
  context: LakeContext,
  paths: readonly string[],
): Promise<ReceivedFile[]> {
  if (paths.length === 0) {
    return [];
  }
  const wanted = new Set(paths);
  const files = await selectFiles(context, namedPaths(paths));
  return files.filter(({ path }) => wanted.has(path)).toReversed();
}

/** A condition that is true for these paths, and for others too if they are many. */
function namedPaths(paths: readonly string[]): string {
  const isShort = paths.length <= MAX_NAMED_PATHS;
  return isShort ? `path IN (${paths.map(textLiteral).join(', ')})` : 'true';
}

async function selectFiles(context: LakeContext, condition: string): Promise<ReceivedFile[]> {
  await showLedger(context);
  const rows = await context.engine.session.query(
    `SELECT file_number, path, CAST(unix_micros(received_at) AS BIGINT), size_bytes, text_bytes, line_count,
       blank_line_count, needs_exact_read, sha256, source, format, compression
     FROM bronze_files WHERE ${condition} AND repeats IS NULL ORDER BY file_number`,
  );
  return rows.map((row) => ({
    fileNumber: Number(row[0]),
    path: String(row[1]),
    receivedAtMicros: BigInt(row[2] as bigint),
    sizeBytes: Number(row[3]),
    textBytes: Number(row[4]),
    lineCount: Number(row[5]),
    blankLineCount: Number(row[6]),
    needsExactRead: row[7] === true,
    sha256: String(row[8]),
    mapping: context.mappings.numberOf(String(row[9])),
    ...layoutOf(String(row[1]), row[10], row[11]),
  }));
}

/**
 * Defaults for files listed before the ledger had these columns: JSON lines, compression by name.
 */
function layoutOf(path: string, format: unknown, compression: unknown): FileLayout {
  if (format === null) {
    return { format: 'json_lines', compression: compressionOf(path) };
  }
  if (!isRecordFormat(format) || !isCompression(compression)) {
    throw new ClicklakeError(
      'lake_too_new',
      `${path} is of the format ${format}, ${compression}, which this Clicklake does not know`,
      { hint: 'use the Clicklake that took it into the lake, or a later one' },
    );
  }
  return { format, compression };
}

/** The number of files that the ledger lists, including repetitions. */
export function countListedFiles(ledger: Snapshot): number {
  return ledger.txns.get(APP_ID) ?? 0;
}

/** What the first group of `DATED_PATH` finds in the paths of the ledger, each text once. */
export async function datedFolders(context: LakeContext, ledger: Snapshot): Promise<string[]> {
  await showVersion(context, ledger);
  const rows = await context.engine.session.query(
    `SELECT DISTINCT regexp_extract(path, ${textLiteral(DATED_PATH)}, 1) FROM bronze_files`,
  );
  return rows.map(([dated]) => String(dated)).filter((dated) => dated !== '');
}

/** A file of the ledger, including repetitions. */
export interface ListedFile {
  path: string;
  sizeBytes: number;
  isRepeated: boolean;
}

/**
 * Every file that the ledger lists outside the given ranges, some at a time, in ascending byte order
 * of the path, as a storage lists files.
 */
export async function* listedFiles(
  context: LakeContext,
  ledger: Snapshot | undefined,
  leftOut: readonly PathRange[],
): AsyncGenerator<ListedFile[]> {
  await showVersion(context, ledger);
  const isShort = leftOut.length <= MAX_NAMED_RANGES;
  const wanted = isShort ? leftOut.map(outside) : [];
  const batches = context.engine.session.queryBatches(
    `SELECT path, size_bytes, repeats IS NOT NULL FROM bronze_files
     WHERE ${['true', ...wanted].join(' AND ')} ORDER BY path`,
  );
  for await (const rows of batches) {
    const files = rows.map(([path, size, isRepeated]) => ({
      path: String(path),
      sizeBytes: Number(size),
      isRepeated: isRepeated === true,
    }));
    yield isShort ? files : files.filter(({ path }) => endOfRange(leftOut, path) === undefined);
  }
}

function outside({ from, to }: PathRange): string {
  return `NOT (path >= ${textLiteral(from)} AND path < ${textLiteral(to)})`;
}

/** The SHA-256 of files that the ledger lists, by their paths. */
export async function hashesAt(
  context: LakeContext,
  paths: readonly string[],
): Promise<Map<string, string>> {
  if (paths.length === 0) {
    return new Map();
  }
  await showLedger(context);
  const rows = await context.engine.session.query(
    `SELECT path, sha256 FROM bronze_files WHERE ${namedPaths(paths)}`,
  );
  return new Map(rows.map(([path, sha256]) => [String(path), String(sha256)]));
}

/** Sources of the files received up to `fileNumber`, without repetitions. */
export async function sourcesReceivedUpTo(
  context: LakeContext,
  fileNumber: number,
): Promise<Set<string>> {
  await showLedger(context);
  const rows = await context.engine.session.query(
    `SELECT DISTINCT source FROM bronze_files WHERE file_number <= ${fileNumber} AND repeats IS NULL`,
  );
  return new Set(rows.map(([source]) => String(source)));
}

/** By SHA-256: the path of the first file received with it. `among`: only for these hashes. */
export async function receivedHashes(
  context: LakeContext,
  among?: readonly string[],
): Promise<Map<string, string>> {
  if (among?.length === 0) {
    return new Map();
  }
  await showLedger(context);
  const condition =
    among === undefined ? 'true' : `sha256 IN (${among.map(textLiteral).join(', ')})`;
  const rows = await context.engine.session.query(
    `SELECT sha256, min_by(path, file_number) FROM bronze_files
     WHERE repeats IS NULL AND ${condition} GROUP BY sha256`,
  );
  return new Map(rows.map(([hash, path]) => [String(hash), String(path)]));
}

/**
 * By address in a landing container, for addresses that begin with `prefix`: size and ETag of the
 * file when it was ingested, in the form of `originVersion`.
 */
export async function takenOrigins(
  context: LakeContext,
  prefix: string,
): Promise<Map<string, Set<string>>> {
  await showLedger(context);
  const rows = await context.engine.session.query(
    `SELECT origin, size_bytes, origin_etag FROM bronze_files
     WHERE substr(origin, 1, ${[...prefix].length}) = ${textLiteral(prefix)}
       OR origin = ${textLiteral(prefix.replace(/\/$/, ''))}`,
  );
  const taken = new Map<string, Set<string>>();
  for (const [origin, sizeBytes, etag] of rows) {
    const versions = taken.get(String(origin)) ?? new Set();
    versions.add(originVersion(Number(sizeBytes), String(etag)));
    taken.set(String(origin), versions);
  }
  return taken;
}

/** A key that tells two contents of the same address apart. */
export function originVersion(sizeBytes: number, etag: string): string {
  return `${sizeBytes} ${etag}`;
}

/** Sizes in bytes of all received files. */
export async function receivedSizes(context: LakeContext): Promise<Set<number>> {
  await showLedger(context);
  const rows = await context.engine.session.query('SELECT DISTINCT size_bytes FROM bronze_files');
  return new Set(rows.map(([size]) => Number(size)));
}

/**
 * Adds files to the ledger, in this order, in one commit. File numbers are assigned here, so that
 * concurrent writers agree on one order. Entries whose bytes or path another writer has listed
 * meanwhile are not added. Returns the entries that were added.
 */
export async function addToLedger(
  context: LakeContext,
  entries: readonly LedgerEntry[],
): Promise<LedgerEntry[]> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const { engine, tables } = context;
    const base = await loadTable(context, tables.ledger);
    await engine.session.showTable(tables.ledger, base);
    const added = await stillUnknown(context, entries);
    if (added.length === 0) {
      return [];
    }
    const last = base?.txns.get(APP_ID);
    const first = (last ?? 0) + 1;
    await engine.session.stage('ledger_additions', additions(added, first));
    const result = await engine.writer.append({
      table: tables.ledger,
      base,
      from: 'ledger_additions',
      txn: { appId: APP_ID, version: first + added.length - 1, expectedVersion: last },
    });
    await engine.session.drop(['ledger_additions']);
    if (result.kind === 'committed') {
      return added;
    }
  }
  throw new ClicklakeError('commit_conflict', `the ledger of ${context.storage.url} is too busy`, {
    hint: 'let the other ingests end, then run this one again: what is in the lake is skipped',
  });
}

/** Asks for these entries only: the ledger may list many more files. */
async function stillUnknown(
  context: LakeContext,
  entries: readonly LedgerEntry[],
): Promise<LedgerEntry[]> {
  const paths = entries.map(({ path }) => textLiteral(path)).join(', ');
  const hashes = entries.map(({ sha256 }) => textLiteral(sha256)).join(', ');
  const rows = await context.engine.session.query(
    `SELECT path, CASE WHEN repeats IS NULL THEN sha256 END FROM bronze_files
     WHERE path IN (${paths}) OR sha256 IN (${hashes})`,
  );
  const listed = new Set(rows.map(([path]) => String(path)));
  const known = new Set(rows.flatMap(([, hash]) => (hash === null ? [] : [String(hash)])));
  return entries.filter(
    (entry) => !listed.has(entry.path) && (entry.repeats !== null || !known.has(entry.sha256)),
  );
}

function additions(entries: readonly LedgerEntry[], firstNumber: number): string {
  const rows = entries.map((entry, index) => {
    const values = [
      firstNumber + index,
      textLiteral(entry.path),
      textLiteral(entry.source),
      entry.sizeBytes,
      entry.textBytes,
      entry.lineCount,
      entry.blankLineCount,
      textLiteral(entry.sha256),
      `timestamp_micros(${entry.receivedAtMicros})`,
      entry.needsExactRead,
      entry.repeats === null ? NO_TEXT : textLiteral(entry.repeats),
      textLiteral(entry.format),
      textLiteral(entry.compression),
      entry.origin === null ? NO_TEXT : textLiteral(entry.origin.address),
      entry.origin === null ? NO_TEXT : textLiteral(entry.origin.etag),
    ];
    return `(${values.join(', ')})`;
  });
  return `WITH received_files AS (
      SELECT * FROM (VALUES ${rows.join(', ')}) AS v(file_number, path, source, size_bytes, text_bytes,
        line_count, blank_line_count, sha256, received_at, needs_exact_read, repeats, format, compression, origin, origin_etag)
    )
    ${readModel('bronze/files')}`;
}
