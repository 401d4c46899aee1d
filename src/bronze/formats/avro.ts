/**
 * Reads Avro object container files (Avro 1.12 specification, "Object Container Files") as record
 * lines. Uses its own decoder, to write 64-bit numbers and decimals without loss, and to decompress
 * Snappy and Zstandard.
 */
import { isUtf8 } from 'node:buffer';
import { crc32, inflateRawSync } from 'node:zlib';
import { ClicklakeError } from '../../errors.ts';
import { decompressZstdBlock } from '../zstd.ts';
import {
  type Cursor,
  compileSchema,
  type ReadJson,
  readBlocks,
  readBytes,
  readCount,
} from './avro-values.ts';
import { splitJsonRecords } from './json-records.ts';
import { refused } from './refuse.ts';
import { decompressSnappy } from './snappy.ts';

const MAGIC = Buffer.from('Obj\x01', 'latin1');
const SYNC_BYTES = 16;
/** Writers use blocks of kilobytes, so a larger size than this means a damaged length. */
const MAX_BLOCK_BYTES = 1024 * 1024 * 1024;
/** Two integers. */
const MAX_BLOCK_HEAD_BYTES = 20;
/** Lines are returned in portions of about this size. */
const PORTION_BYTES = 256 * 1024;

/**
 * `records`: each record becomes an object. `bodies`: the content of the field `Body`, as in Event
 * Hubs Capture.
 */
export type AvroRecords = 'records' | 'bodies';

/**
 * Throws `input_refused` for a file that is damaged, truncated, or compressed with an unknown
 * codec.
 */
export async function* avroRecordLines(
  bytes: AsyncIterable<Buffer>,
  records: AvroRecords,
  name: string,
): AsyncGenerator<Buffer> {
  const source = createByteSource(bytes);
  try {
    const { schema, codec, sync } = await readHeader(source, name);
    const read = records === 'bodies' ? compileBody(schema) : toLines(compileSchema(schema).read);
    for (let block = 1; await source.fill(1); block += 1) {
      const { count, data } = await readBlock(source, sync, block);
      yield* readRecords({ bytes: await codec(data), at: 0 }, count, read, block);
    }
  } catch (error) {
    throw error instanceof ClicklakeError ? error : unreadable(name, error);
  } finally {
    await source.close();
  }
}

/** Unless the system reports a read error, the content is at fault. */
function unreadable(name: string, error: unknown): unknown {
  const isOfSystem = error instanceof Error && 'syscall' in error;
  const message = error instanceof Error ? error.message : String(error);
  const why = isBeyondEnd(error) ? 'a block is too short' : message;
  return isOfSystem ? error : refused(name, `is damaged or truncated (${why})`, error);
}

/** Whether Node refused to read a number behind the end of a buffer. */
function isBeyondEnd(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_OUT_OF_RANGE' || code === 'ERR_BUFFER_OUT_OF_BOUNDS';
}

type Codec = (block: Buffer) => Buffer | Promise<Buffer>;

const CODECS: Readonly<Record<string, Codec>> = {
  null: (block) => block,
  deflate: (block) => inflateRawSync(block, { maxOutputLength: MAX_BLOCK_BYTES }),
  snappy: (block) => {
    const data = decompressSnappy(block.subarray(0, -4));
    if (crc32(data) !== block.readUInt32BE(block.length - 4)) {
      throw new RangeError('a checksum is wrong');
    }
    return data;
  },
  zstandard: decompressZstdBlock,
};

interface Header {
  schema: string;
  codec: Codec;
  sync: Buffer;
}

async function readHeader(source: ByteSource, name: string): Promise<Header> {
  for (let sizeBytes = 1024; ; sizeBytes *= 2) {
    const isMore = await source.fill(sizeBytes);
    if (!source.peek().subarray(0, MAGIC.length).equals(MAGIC)) {
      throw refused(name, 'is not an Avro object container file');
    }
    const header = parseHeader(source, name, isMore);
    if (header !== undefined) {
      return header;
    }
  }
}

/**
 * Undefined if the header does not end in the available bytes and `isMore` says that more may
 * follow.
 */
function parseHeader(source: ByteSource, name: string, isMore: boolean): Header | undefined {
  const cursor: Cursor = { bytes: source.peek(), at: MAGIC.length };
  const meta = new Map<string, Buffer>();
  try {
    readBlocks(cursor, (at) => meta.set(readBytes(at).toString('utf8'), readBytes(at)));
    if (cursor.at + SYNC_BYTES > cursor.bytes.length) {
      throw new RangeError('the header does not end');
    }
  } catch (error) {
    if (isMore) {
      return undefined;
    }
    throw error;
  }
  const bytes = source.take(cursor.at + SYNC_BYTES);
  const codecName = meta.get('avro.codec')?.toString('utf8') ?? 'null';
  const codec = Object.hasOwn(CODECS, codecName) ? CODECS[codecName] : undefined;
  if (codec === undefined) {
    throw new ClicklakeError(
      'input_refused',
      `${name} is Avro with ${codecName} blocks, which cannot be read`,
      { hint: `write it with one of the codecs ${Object.keys(CODECS).join(', ')}` },
    );
  }
  const schema = meta.get('avro.schema')?.toString('utf8');
  if (schema === undefined) {
    throw new RangeError('its header has no schema');
  }
  return { schema, codec, sync: Buffer.from(bytes.subarray(-SYNC_BYTES)) };
}

async function readBlock(
  source: ByteSource,
  sync: Buffer,
  block: number,
): Promise<{ count: number; data: Buffer }> {
  await source.fill(MAX_BLOCK_HEAD_BYTES);
  const head: Cursor = { bytes: source.peek(), at: 0 };
  const count = readCount(head);
  const sizeBytes = readCount(head);
  source.take(head.at);
  if (sizeBytes > MAX_BLOCK_BYTES || !(await source.fill(sizeBytes + SYNC_BYTES))) {
    throw new RangeError(`block ${block} does not end`);
  }
  const bytes = source.take(sizeBytes + SYNC_BYTES);
  if (!bytes.subarray(sizeBytes).equals(sync)) {
    throw new RangeError(`block ${block} does not end where it says`);
  }
  return { count, data: bytes.subarray(0, sizeBytes) };
}

/** Reads at most `count` records, up to a portion. Returns their lines and their number. */
type ReadLines = (cursor: Cursor, count: number) => { lines: Buffer; count: number };

function toLines(read: ReadJson): ReadLines {
  return (cursor, count) => {
    let text = '';
    let done = 0;
    while (done < count && text.length < PORTION_BYTES) {
      text += `${read(cursor)}\n`;
      done += 1;
    }
    return { lines: Buffer.from(text), count: done };
  };
}

function* readRecords(
  cursor: Cursor,
  count: number,
  read: ReadLines,
  block: number,
): Generator<Buffer> {
  if (count > cursor.bytes.length) {
    throw new RangeError(`block ${block} holds less than its ${count} records`);
  }
  for (let left = count; left > 0; ) {
    const portion = read(cursor, left);
    left -= portion.count;
    yield portion.lines;
  }
  if (cursor.at !== cursor.bytes.length) {
    throw new RangeError(`block ${block} holds more than its ${count} records`);
  }
}

const LF = Buffer.of(0x0a);

/** Reads the body of each event and skips the other fields. */
function compileBody(schema: string): ReadLines {
  const { fields } = compileSchema(schema);
  const position = fields?.findIndex(({ name }) => name === 'Body') ?? -1;
  const type = JSON.parse(schema).fields?.[position]?.type;
  if (fields === undefined || position === -1) {
    throw new RangeError('its records have no Body');
  }
  return (cursor) => {
    // A body may be as large as a portion.
    let body: Buffer = Buffer.alloc(0);
    for (const [index, { read }] of fields.entries()) {
      if (index === position) {
        body = readBody(cursor, type);
      } else {
        read(cursor);
      }
    }
    return { lines: Buffer.concat([onOneLine(body), LF]), count: 1 };
  };
}

/** A body is bytes, or null. */
function readBody(cursor: Cursor, type: unknown): Buffer {
  const written = Array.isArray(type) ? type[readCount(cursor)] : type;
  if (written === 'null') {
    return Buffer.alloc(0);
  }
  if (written !== 'bytes' && written !== 'string') {
    throw new RangeError('the Body of its records is not bytes');
  }
  return readBytes(cursor);
}

/**
 * Puts a body on one line, because a body is one record, even if its sender wrote it over several
 * lines. A body with several records, as batching senders write, gives one line for each.
 */
function onOneLine(body: Buffer): Buffer {
  if (!body.includes(LF) || !isUtf8(body)) {
    return Buffer.from(body.map((byte) => (byte === 0x0a ? 0x20 : byte)));
  }
  try {
    const splitter = splitJsonRecords('json_values', 'a body');
    const lines = Buffer.concat([splitter.push(body), splitter.end()]);
    return lines.subarray(0, lines.length - 1);
  } catch {
    // A form feed is not white space in JSON, so invalid JSON stays invalid.
    return Buffer.from(body.map((byte) => (byte === 0x0a ? 0x0c : byte)));
  }
}

interface ByteSource {
  /** Reads until this many bytes are available. False: the input ends before. */
  fill(sizeBytes: number): Promise<boolean>;
  peek(): Buffer;
  take(sizeBytes: number): Buffer;
  close(): Promise<void>;
}

function createByteSource(bytes: AsyncIterable<Buffer>): ByteSource {
  const iterator = bytes[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  return {
    async fill(sizeBytes) {
      const chunks = [held];
      let count = held.length;
      while (count < sizeBytes) {
        const next = await iterator.next();
        if (next.done === true) {
          break;
        }
        // The next read may reuse its memory.
        chunks.push(Buffer.from(next.value));
        count += next.value.length;
      }
      held = chunks.length === 1 ? held : Buffer.concat(chunks);
      return count >= sizeBytes;
    },
    peek: () => held,
    take(sizeBytes) {
      const taken = held.subarray(0, sizeBytes);
      held = held.subarray(sizeBytes);
      return taken;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
