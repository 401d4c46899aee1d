import { crc32 } from 'node:zlib';
import { ClicklakeError } from '../errors.ts';
import type { DeletionVectorDescriptor } from './actions.ts';
import type { DeltaContext } from './context.ts';
import { corrupt } from './corrupt.ts';
import { inTable } from './log-paths.ts';
import { readRoaring64 } from './roaring-bitmap.ts';
import { decodeZ85 } from './z85.ts';

const MAGIC = 1681511377;
/** Length of a UUID in Z85. */
const UUID_LENGTH = 20;

/**
 * The deleted rows of a data file, as ascending row positions from 0 (PROTOCOL.md, "Deletion Vector
 * Format"). Throws `table_corrupt` if the bytes are damaged, or if checksum or row count differ
 * from the log.
 */
export async function readDeletionVector(
  context: DeltaContext,
  root: string,
  vector: DeletionVectorDescriptor,
): Promise<number[]> {
  const where = `${context.storage.url}/${root}: deletion vector ${vector.pathOrInlineDv}`;
  try {
    const bytes =
      vector.storageType === 'i'
        ? decodeZ85(vector.pathOrInlineDv).subarray(0, vector.sizeBytes)
        : await readStored(context, root, vector);
    const magic = bytes.readUInt32LE(0);
    if (magic !== MAGIC) {
      throw new RangeError(`Unknown format ${magic}`);
    }
    const rows = readRoaring64(bytes.subarray(4));
    if (rows.length === vector.cardinality) {
      return rows;
    }
    throw new RangeError(`${rows.length} rows instead of ${vector.cardinality}`);
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof URIError)) {
      throw cause;
    }
    throw corrupt(where, cause.message, cause);
  }
}

/** The path of a deletion vector in the lake; undefined if it is inline or outside the lake. */
export function deletionVectorPath(
  context: DeltaContext,
  root: string,
  { storageType, pathOrInlineDv }: DeletionVectorDescriptor,
): string | undefined {
  if (storageType === 'i') {
    return undefined;
  }
  if (storageType === 'u') {
    return inTable(root, relativeDeletionVectorPath(pathOrInlineDv));
  }
  const address = decodeURIComponent(pathOrInlineDv).replace(/^file:(\/\/)?(?=\/)/, '');
  const prefix = `${context.storage.url}/`;
  return address.startsWith(prefix) ? address.slice(prefix.length) : undefined;
}

function outsideTheLake(
  context: DeltaContext,
  root: string,
  { pathOrInlineDv }: DeletionVectorDescriptor,
): ClicklakeError {
  return new ClicklakeError(
    'unsupported_table_feature',
    `a deletion vector of ${context.storage.url}/${root} is outside the lake: ${pathOrInlineDv}`,
    {
      hint: 'purge the deletion vectors (REORG TABLE … APPLY (PURGE)) with the tool that made them',
    },
  );
}

/** The path `<prefix>/deletion_vector_<uuid>.bin` in the table's folder. Throws RangeError. */
function relativeDeletionVectorPath(prefixAndUuid: string): string {
  const prefix = prefixAndUuid.slice(0, -UUID_LENGTH);
  const hex = decodeZ85(prefixAndUuid.slice(-UUID_LENGTH)).toString('hex');
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${uuid}.bin`;
}

/** Reads size, bytes and checksum (big endian) at the vector's offset in its file. */
async function readStored(
  context: DeltaContext,
  root: string,
  vector: DeletionVectorDescriptor,
): Promise<Buffer> {
  const path = deletionVectorPath(context, root, vector);
  if (path === undefined) {
    throw outsideTheLake(context, root, vector);
  }
  const stored = await context.storage.readRange(path, vector.offset ?? 0, vector.sizeBytes + 8);
  const sizeBytes = stored.readInt32BE(0);
  if (sizeBytes !== vector.sizeBytes) {
    throw new RangeError(`${path} says ${sizeBytes} bytes, the log ${vector.sizeBytes}`);
  }
  const bytes = stored.subarray(4, 4 + sizeBytes);
  if (crc32(bytes) !== stored.readUInt32BE(4 + sizeBytes)) {
    throw new RangeError(`The checksum in ${path} is wrong`);
  }
  return bytes;
}
