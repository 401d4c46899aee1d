/**
 * Converts values from Avro's binary encoding to JSON (Avro 1.12 specification, "Binary Encoding",
 * "Logical Types").
 */
import { isUtf8 } from 'node:buffer';

/** The position of the next value. Reading beyond the end throws a RangeError. */
export interface Cursor {
  bytes: Buffer;
  at: number;
}

/** Reads the next value and returns its JSON text. */
export type ReadJson = (cursor: Cursor) => string;

type Schema = string | Schema[] | SchemaObject;
interface SchemaObject {
  type: Schema;
  name?: string;
  namespace?: string;
  fields?: { name: string; type: Schema }[];
  symbols?: string[];
  items?: Schema;
  values?: Schema;
  size?: number;
  logicalType?: string;
  scale?: number;
}

/** The fields of a record with their readers. */
export type RecordFields = { name: string; read: ReadJson }[];

/**
 * Compiles the schema (JSON text) of a file. `fields` is undefined if its type is not a record.
 * Throws a RangeError for an invalid schema.
 */
export function compileSchema(text: string): { read: ReadJson; fields: RecordFields | undefined } {
  const named = new Map<string, ReadJson>();
  const fields: { of: RecordFields | undefined } = { of: undefined };
  try {
    const read = compile(JSON.parse(text), { named, namespace: undefined, root: fields });
    return { read, fields: fields.of };
  } catch (error) {
    throw new RangeError('its schema is not valid', { cause: error });
  }
}

interface Scope {
  named: Map<string, ReadJson>;
  namespace: string | undefined;
  /** Receives the fields of the outermost record. */
  root?: { of: RecordFields | undefined };
}

function compile(schema: Schema, scope: Scope): ReadJson {
  if (typeof schema === 'string') {
    return compileName(schema, scope);
  }
  if (Array.isArray(schema)) {
    const branches = schema.map((branch) => compile(branch, withoutRoot(scope)));
    return (cursor) => branchOf(branches, cursor)(cursor);
  }
  const logical = LOGICAL_TYPES[`${schema.logicalType} ${String(schema.type)}`];
  if (logical !== undefined) {
    return define(schema, scope, logical(schema));
  }
  switch (schema.type) {
    case 'record':
    case 'error':
      return compileRecord(schema, scope);
    case 'enum':
      return define(schema, scope, (cursor) => {
        const symbol = schema.symbols?.[readCount(cursor)];
        return symbol === undefined ? damaged() : JSON.stringify(symbol);
      });
    case 'fixed':
      return define(schema, scope, (cursor) => bytesJson(take(cursor, schema.size ?? 0)));
    case 'array': {
      const item = compile(schema.items ?? damaged(), withoutRoot(scope));
      return (cursor) => `[${readBlocks(cursor, item).join()}]`;
    }
    case 'map': {
      const value = compile(schema.values ?? damaged(), withoutRoot(scope));
      const entry: ReadJson = (cursor) => `${readText(cursor)}:${value(cursor)}`;
      return (cursor) => `{${readBlocks(cursor, entry).join()}}`;
    }
    default:
      return compile(schema.type, scope);
  }
}

function withoutRoot({ named, namespace }: Scope): Scope {
  return { named, namespace };
}

function compileName(name: string, { named, namespace }: Scope): ReadJson {
  const primitive = PRIMITIVES[name];
  if (primitive !== undefined) {
    return primitive;
  }
  const full = name.includes('.') || namespace === undefined ? name : `${namespace}.${name}`;
  // Looked up on reading, because a type can contain itself.
  return (cursor) => (named.get(full) ?? named.get(name) ?? damaged())(cursor);
}

function define(schema: SchemaObject, scope: Scope, read: ReadJson): ReadJson {
  if (schema.name !== undefined) {
    scope.named.set(fullName(schema, scope.namespace), read);
  }
  return read;
}

function fullName({ name = '', namespace }: SchemaObject, outer: string | undefined): string {
  const space = namespace ?? outer;
  return name.includes('.') || !space ? name : `${space}.${name}`;
}

function compileRecord(schema: SchemaObject, scope: Scope): ReadJson {
  const full = fullName(schema, scope.namespace);
  const namespace = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : undefined;
  const inner: Scope = { named: scope.named, namespace };
  const fields = (schema.fields ?? []).map(({ name, type }) => ({
    ...{ name, key: `${JSON.stringify(name)}:` },
    read: compile(type, inner),
  }));
  if (scope.root !== undefined) {
    scope.root.of = fields;
  }
  return define(
    schema,
    scope,
    (cursor) => `{${fields.map(({ key, read }) => key + read(cursor)).join()}}`,
  );
}

/** The reader for the branch of a union that was written. */
function branchOf<Read>(branches: readonly Read[], cursor: Cursor): Read {
  return branches[readCount(cursor)] ?? damaged();
}

const PRIMITIVES: Readonly<Record<string, ReadJson>> = {
  null: () => 'null',
  boolean: (cursor) => (take(cursor, 1)[0] === 0 ? 'false' : 'true'),
  int: (cursor) => String(readLong(cursor)),
  long: (cursor) => String(readLong(cursor)),
  float: (cursor) => numberJson(shortestFloat(take(cursor, 4).readFloatLE())),
  double: (cursor) => numberJson(take(cursor, 8).readDoubleLE()),
  bytes: (cursor) => bytesJson(readBytes(cursor)),
  string: readText,
};

/** By logical type and the type it annotates. */
const LOGICAL_TYPES: Readonly<Record<string, (schema: SchemaObject) => ReadJson>> = {
  'decimal bytes': ({ scale }) => {
    return (cursor) => decimalJson(readBytes(cursor), scale ?? 0);
  },
  'decimal fixed': ({ scale, size }) => {
    return (cursor) => decimalJson(take(cursor, size ?? 0), scale ?? 0);
  },
  'uuid fixed': ({ size }) => {
    return (cursor) => uuidJson(take(cursor, size ?? 0));
  },
  'date int': () => (cursor) => dateJson(Number(readLong(cursor))),
  'time-millis int': () => timeOf(3),
  'time-micros long': () => timeOf(6),
  'timestamp-millis long': () => instantOf(3, 'Z'),
  'timestamp-micros long': () => instantOf(6, 'Z'),
  'timestamp-nanos long': () => instantOf(9, 'Z'),
  'local-timestamp-millis long': () => instantOf(3, ''),
  'local-timestamp-micros long': () => instantOf(6, ''),
  'local-timestamp-nanos long': () => instantOf(9, ''),
};

function damaged(): never {
  throw new RangeError('the data does not fit its schema');
}

function take(cursor: Cursor, length: number): Buffer {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) {
    damaged();
  }
  const part = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return part;
}

const SAFE_VARINT_BYTES = 8;
const MAX_VARINT_BYTES = 10;

/** A variable-length zig-zag integer of up to 64 bits, without loss. */
function readLong(cursor: Cursor): number | bigint {
  const { bytes, at } = cursor;
  let value = 0;
  for (let index = 0; index < SAFE_VARINT_BYTES; index += 1) {
    const byte = bytes[at + index] ?? damaged();
    value += (byte & 0x7f) * 2 ** (7 * index);
    // Above this the sum may have been rounded.
    if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) {
      cursor.at = at + index + 1;
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }
  return readLargeLong(cursor);
}

function readLargeLong(cursor: Cursor): bigint {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = cursor.bytes.readUInt8(cursor.at++);
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) {
      return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
  }
  return damaged();
}

/** An integer that must be a count. */
export function readCount(cursor: Cursor): number {
  const count = Number(readLong(cursor));
  return Number.isSafeInteger(count) && count >= 0 ? count : damaged();
}

/** Reads a length and that many bytes. */
export function readBytes(cursor: Cursor): Buffer {
  return take(cursor, readCount(cursor));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes
const NEEDS_ESCAPES = /["\\\x00-\x1f]/;

function readText(cursor: Cursor): string {
  const { bytes } = cursor;
  const length = readCount(cursor);
  const start = cursor.at;
  cursor.at += length;
  if (cursor.at > bytes.length) {
    damaged();
  }
  const text = bytes.toString('utf8', start, cursor.at);
  // This character often stands for bytes that are not UTF-8; only then check them.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, cursor.at))) {
    damaged();
  }
  return NEEDS_ESCAPES.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** The items of an array, or the entries of a map. */
export function readBlocks<Item>(cursor: Cursor, read: (cursor: Cursor) => Item): Item[] {
  const items: Item[] = [];
  for (;;) {
    const count = Number(readLong(cursor));
    if (count === 0) {
      return items;
    }
    // Damaged: items without any bytes could otherwise be counted without limit.
    if (Math.abs(count) > cursor.bytes.length) {
      damaged();
    }
    if (count < 0) {
      // The byte size of the block follows, for readers that skip it.
      readLong(cursor);
    }
    for (let left = Math.abs(count); left > 0; left -= 1) {
      items.push(read(cursor));
    }
  }
}

function bytesJson(bytes: Buffer): string {
  return JSON.stringify(bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64'));
}

function numberJson(value: number): string {
  return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
}

/** The shortest decimal number that gives the same 32-bit float. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) {
      return shorter;
    }
  }
  return value;
}

function decimalJson(bytes: Buffer, scale: number): string {
  const unscaled =
    bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = scale === 0 ? '' : `.${digits.slice(point)}`;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${fraction}`;
}

function uuidJson(bytes: Buffer): string {
  return `"${bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}"`;
}

const MS_PER_DAY = 86_400_000;
/** The largest time that a Date can represent, in milliseconds. */
const MAX_MS = 8.64e15;

function dateJson(days: number): string {
  const ms = days * MS_PER_DAY;
  return Math.abs(ms) > MAX_MS
    ? String(days)
    : `"${new Date(ms).toISOString().replace(/T.*/, '')}"`;
}

/** ISO 8601 for a count of 10^-digits seconds since 1970. */
function instantOf(digits: number, zone: string): ReadJson {
  const perSecond = 10n ** BigInt(digits);
  return (cursor) => {
    const read = readLong(cursor);
    if (typeof read === 'number' && Math.abs(read) < MAX_MS) {
      return quickInstant(read, digits, zone);
    }
    const count = BigInt(read);
    const fraction = ((count % perSecond) + perSecond) % perSecond;
    const ms = Number((count - fraction) / perSecond) * 1000;
    if (Math.abs(ms) > MAX_MS) {
      return String(count);
    }
    const seconds = new Date(ms).toISOString().replace(/\.\d+Z$/, '');
    return `"${seconds}.${String(fraction).padStart(digits, '0')}${zone}"`;
  };
}

function quickInstant(count: number, digits: number, zone: string): string {
  const perMs = 10 ** (digits - 3);
  const ms = Math.floor(count / perMs);
  const beyond = digits === 3 ? '' : String(count - ms * perMs).padStart(digits - 3, '0');
  return `"${new Date(ms).toISOString().slice(0, -1)}${beyond}${zone}"`;
}

/** A time of day. */
function timeOf(digits: number): ReadJson {
  const readInstant = instantOf(digits, '');
  return (cursor) => readInstant(cursor).replace(/.*T/, '"');
}
