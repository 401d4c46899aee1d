/**
 * Writes the parts of the Parquet format that are needed to pass columns to DuckDB: uncompressed
 * pages of plain values, and a footer. https://parquet.apache.org/docs/file-format/
 */

/** Codes of physical types in the format. */
const BOOLEAN = 0;
const INT32 = 1;
const INT64 = 2;
const BYTE_ARRAY = 6;
/** Codes of the format's other enumerations. */
const REQUIRED = 0;
const OPTIONAL = 1;
const UTF8 = 0;
const DECIMAL = 5;
const DATA_PAGE = 0;
const PLAIN = 0;
const RLE = 3;
const UNCOMPRESSED = 0;

/** Column types. Types that end in `?` are nullable. */
const TYPES = {
  boolean: { physical: BOOLEAN, repetition: REQUIRED },
  integer: { physical: INT32, repetition: REQUIRED },
  long: { physical: INT64, repetition: REQUIRED },
  /** Microseconds since the epoch, UTC. */
  instant: { physical: INT64, repetition: REQUIRED },
  'integer?': { physical: INT32, repetition: OPTIONAL },
  'long?': { physical: INT64, repetition: OPTIONAL },
  'instant?': { physical: INT64, repetition: OPTIONAL },
  /** decimal(18,2), in hundredths. */
  'price?': { physical: INT64, repetition: OPTIONAL },
  'text?': { physical: BYTE_ARRAY, repetition: OPTIONAL },
  'bytes?': { physical: BYTE_ARRAY, repetition: OPTIONAL },
} as const;

export const MAGIC = Buffer.from('PAR1');

export interface PageColumn {
  name: string;
  type: keyof typeof TYPES;
}

/** The position of a column's single page within the file, header included. */
export interface WrittenPage {
  offset: number;
  sizeBytes: number;
}

export interface RowGroup {
  rowCount: number;
  /** In the order of the columns. */
  pages: WrittenPage[];
}

/** The bytes before the `bodyBytes` of a page. The body contains null bits, if any, and values. */
export function pageHeader(rowCount: number, bodyBytes: number): Buffer {
  const thrift = new ThriftWriter();
  thrift.integer(1, DATA_PAGE);
  thrift.integer(2, bodyBytes);
  thrift.integer(3, bodyBytes);
  thrift.struct(5, () => {
    thrift.integer(1, rowCount);
    thrift.integer(2, PLAIN);
    thrift.integer(3, RLE);
    thrift.integer(4, RLE);
  });
  return thrift.end();
}

/**
 * The bytes before the null bits of a nullable column, which take `bitBytes` bytes (1: not null).
 */
export function nullBitsHeader(bitBytes: number): Buffer {
  const thrift = new ThriftWriter();
  // One bit-packed run with 8 values per byte.
  thrift.varint(bitBytes * 2 + 1);
  const run = thrift.bytes();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(run.length + bitBytes);
  return Buffer.concat([length, run]);
}

/** The end of a file. */
export function fileFooter(columns: readonly PageColumn[], groups: readonly RowGroup[]): Buffer {
  const thrift = new ThriftWriter();
  thrift.integer(1, 1);
  thrift.list(2, columns.length + 1, 'struct', (index) => {
    const column = columns[index - 1];
    if (column === undefined) {
      thrift.text(4, 'lines');
      thrift.integer(5, columns.length);
    } else {
      thrift.integer(1, TYPES[column.type].physical);
      thrift.integer(3, TYPES[column.type].repetition);
      thrift.text(4, column.name);
      writeAnnotation(thrift, column.type);
    }
  });
  thrift.long(
    3,
    sumOf(groups, ({ rowCount }) => rowCount),
  );
  thrift.list(4, groups.length, 'struct', (index) => {
    const group = groups[index] as RowGroup;
    thrift.list(1, columns.length, 'struct', (position) =>
      writeChunk(
        thrift,
        columns[position] as PageColumn,
        group,
        group.pages[position] as WrittenPage,
      ),
    );
    thrift.long(
      2,
      sumOf(group.pages, ({ sizeBytes }) => sizeBytes),
    );
    thrift.long(3, group.rowCount);
  });
  const footer = thrift.end();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([footer, length, MAGIC]);
}

function writeAnnotation(thrift: ThriftWriter, type: PageColumn['type']): void {
  if (type === 'text?') {
    thrift.integer(6, UTF8);
  }
  if (type === 'price?') {
    thrift.integer(6, DECIMAL);
    thrift.integer(7, 2);
    thrift.integer(8, 18);
  }
  if (type === 'instant' || type === 'instant?') {
    // LogicalType.TIMESTAMP: adjusted to UTC, in microseconds.
    thrift.struct(10, () =>
      thrift.struct(8, () => {
        thrift.true(1);
        thrift.struct(2, () => thrift.struct(2, () => {}));
      }),
    );
  }
}

function writeChunk(
  thrift: ThriftWriter,
  column: PageColumn,
  { rowCount }: RowGroup,
  { offset, sizeBytes }: WrittenPage,
): void {
  thrift.long(2, offset);
  thrift.struct(3, () => {
    thrift.integer(1, TYPES[column.type].physical);
    thrift.list(2, 2, 'integer', (index) => thrift.zigzag(index === 0 ? PLAIN : RLE));
    thrift.list(3, 1, 'text', () => thrift.textValue(column.name));
    thrift.integer(4, UNCOMPRESSED);
    thrift.long(5, rowCount);
    thrift.long(6, sizeBytes);
    thrift.long(7, sizeBytes);
    thrift.long(9, offset);
  });
}

function sumOf<Item>(items: readonly Item[], sizeOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + sizeOf(item), 0);
}

const WIRE_TYPE = { true: 1, integer: 5, long: 6, text: 8, list: 9, struct: 12 } as const;

/**
 * Thrift's compact protocol, as far as Parquet's headers need it. Fields must be written in
 * ascending order.
 */
class ThriftWriter {
  #parts: number[] = [];
  #lastField = 0;

  true(field: number): void {
    this.#field(field, WIRE_TYPE.true);
  }

  integer(field: number, value: number): void {
    this.#field(field, WIRE_TYPE.integer);
    this.zigzag(value);
  }

  long(field: number, value: number): void {
    this.#field(field, WIRE_TYPE.long);
    this.zigzag(value);
  }

  text(field: number, value: string): void {
    this.#field(field, WIRE_TYPE.text);
    this.textValue(value);
  }

  struct(field: number, writeFields: () => void): void {
    this.#field(field, WIRE_TYPE.struct);
    this.#nested(writeFields);
  }

  list(
    field: number,
    length: number,
    type: 'struct' | 'integer' | 'text',
    writeItem: (index: number) => void,
  ): void {
    this.#field(field, WIRE_TYPE.list);
    if (length < 15) {
      this.#parts.push((length << 4) | WIRE_TYPE[type]);
    } else {
      this.#parts.push(0xf0 | WIRE_TYPE[type]);
      this.varint(length);
    }
    for (let index = 0; index < length; index += 1) {
      if (type === 'struct') {
        this.#nested(() => writeItem(index));
      } else {
        writeItem(index);
      }
    }
  }

  textValue(value: string): void {
    const bytes = Buffer.from(value);
    this.varint(bytes.length);
    this.#parts.push(...bytes);
  }

  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** A whole number from 0 to 2^53. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#parts.push((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#parts.push(rest);
  }

  bytes(): Buffer {
    return Buffer.from(this.#parts);
  }

  /** The bytes of a whole struct. */
  end(): Buffer {
    this.#parts.push(0);
    return this.bytes();
  }

  #field(field: number, type: number): void {
    const step = field - this.#lastField;
    this.#parts.push((step << 4) | type);
    this.#lastField = field;
  }

  #nested(writeFields: () => void): void {
    const outer = this.#lastField;
    this.#lastField = 0;
    writeFields();
    this.#parts.push(0);
    this.#lastField = outer;
  }
}
