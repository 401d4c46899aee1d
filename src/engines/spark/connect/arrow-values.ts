/**
 * Rows of an Arrow batch as plain, exact values. apache-arrow's own getters lose digits of decimals
 * and microseconds of instants, so the buffers are read here.
 */
import { type Data, type DataType, type Decimal, Type, tableFromIPC } from 'apache-arrow';
import { ClicklakeError } from '../../../errors.ts';

/**
 * 64-bit integers: bigint; decimals: text; instants: bigint microseconds since 1970 (UTC); dates:
 * days since 1970; binary: bytes; structs: objects; maps: entries.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | { [name: string]: Value };

/** Reads one message of Spark's: a whole Arrow stream with one batch or none. */
export function readRows(message: Uint8Array): Value[][] {
  const rows: Value[][] = [];
  for (const batch of tableFromIPC(message).batches) {
    const columns = batch.data.children.map(columnReader);
    for (let row = 0; row < batch.numRows; row += 1) {
      rows.push(columns.map((read) => read(row)));
    }
  }
  return rows;
}

/** The same of a whole stream, with the values by column. */
export function readRecords(stream: Uint8Array): Record<string, Value>[] {
  const names = tableFromIPC(stream).schema.fields.map(({ name }) => name);
  return readRows(stream).map((row) =>
    Object.fromEntries(row.map((value, index) => [names[index], value])),
  );
}

/**
 * The columns of an Arrow stream. Types whose values mean more than they say, and those that hold others,
 * are written as SQL does, the rest as Arrow does.
 */
export function readColumns(stream: Uint8Array): { name: string; type: string }[] {
  return tableFromIPC(stream).schema.fields.map(({ name, type }) => ({
    name,
    type: formatType(type),
  }));
}

function formatType(type: DataType): string {
  const inner = (of: DataType): string[] => of.children.map((child) => formatType(child.type));
  switch (type.typeId) {
    case Type.Timestamp:
      return 'timestamp';
    case Type.Date:
      return 'date';
    case Type.Binary:
      return 'binary';
    case Type.List:
      return `array<${inner(type).join(',')}>`;
    case Type.Map:
      return `map<${inner(type.children[0]!.type).join(',')}>`;
    case Type.Struct: {
      const types = inner(type);
      return `struct<${type.children.map(({ name }, index) => `${name}:${types[index]}`).join(',')}>`;
    }
    default:
      return String(type);
  }
}

/** Of an Arrow stream. */
export function countRows(stream: Uint8Array): number {
  return tableFromIPC(stream).numRows;
}

/** What ends an Arrow stream: the mark of a message, and no bytes of it. */
const END_OF_STREAM = Buffer.from('ffffffff00000000', 'hex');

/**
 * Streams of the same columns, of which there is at least one, as one stream; byte for byte, so that
 * text which is not UTF-8 stays as it is.
 */
export function joinStreams(streams: readonly Uint8Array[]): Uint8Array {
  const parts = streams.map((stream, index) =>
    stream.subarray(index === 0 ? 0 : lengthOfSchema(stream), lengthWithoutEnd(stream)),
  );
  return Buffer.concat([...parts, END_OF_STREAM]);
}

/** The first message: a mark, the length of what follows, and the schema, padded. */
function lengthOfSchema(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
}

function lengthWithoutEnd(stream: Uint8Array): number {
  const hasEnd = END_OF_STREAM.equals(stream.subarray(-END_OF_STREAM.length));
  return stream.length - (hasEnd ? END_OF_STREAM.length : 0);
}

type Reader = (row: number) => Value;

function columnReader(data: Data): Reader {
  const read = valueReader(data);
  return (row) => (data.getValid(row) ? read(row) : null);
}

function valueReader(data: Data): Reader {
  const type: DataType = data.type;
  switch (type.typeId) {
    case Type.Null:
      return () => null;
    case Type.Bool:
      return (row) => {
        const bit = row + data.offset;
        return ((data.values[bit >> 3] >> (bit & 7)) & 1) === 1;
      };
    case Type.Int:
    case Type.Float:
    case Type.Date:
    case Type.Timestamp:
      return (row) => data.values[row] as number | bigint;
    case Type.Decimal:
      return (row) => formatDecimal(data.values.subarray(row * 4, row * 4 + 4), type as Decimal);
    case Type.Utf8:
      return (row) => decoder.decode(sliceBytes(data, row));
    case Type.Binary:
      return (row) => sliceBytes(data, row).slice();
    case Type.List:
      return listReader(data);
    case Type.Map: {
      const read = listReader(data);
      return (row) =>
        (read(row) as { [name: string]: Value }[]).map((entry) => Object.values(entry));
    }
    case Type.Struct: {
      const fields = data.children.map((child, index) => {
        const name = type.children[index]!.name;
        return [name, columnReader(child)] as const;
      });
      return (row) => Object.fromEntries(fields.map(([name, read]) => [name, read(row)]));
    }
    default:
      throw new ClicklakeError('query_failed', `a result has a column of the type ${type}`, {
        hint: 'cast it to a string in the query',
      });
  }
}

/** A byte-order mark is a character like any other here. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function sliceBytes(data: Data, row: number): Uint8Array {
  return data.values.subarray(data.valueOffsets[row], data.valueOffsets[row + 1]);
}

function listReader(data: Data): Reader {
  const read = columnReader(data.children[0]!);
  return (row) => {
    const end = data.valueOffsets[row + 1]!;
    const items: Value[] = [];
    for (let index = data.valueOffsets[row]!; index < end; index += 1) {
      items.push(read(index));
    }
    return items;
  };
}

function formatDecimal(words: Uint32Array, { scale }: Decimal): string {
  let unscaled = 0n;
  for (let index = words.length - 1; index >= 0; index -= 1) {
    unscaled = (unscaled << 32n) | BigInt(words[index]!);
  }
  unscaled = BigInt.asIntN(128, unscaled);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
