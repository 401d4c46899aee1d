/**
 * Converts lines of JSON to columns, in the memory of a WebAssembly module (src/bronze/assembly).
 * It reads ordinary lines about four times as fast as JavaScript. Lines that it rejects are read by
 * the strict reader, whose texts can be added here too.
 */
import { NUMERIC_FIELDS } from '../contract/fields.ts';
import { ClicklakeError } from '../errors.ts';
import type { ItemsLayout, PathNode } from '../mapping/record-layout.ts';
import { CONTENT_ID_DIGITS, contentId } from './content-id.ts';
import { addField, type FieldCounts, noFields } from './field-counts.ts';
import { LINE_READER } from './generated/line-reader.ts';

/** How a field's text is converted to a value. */
const KINDS = {
  /** As sent; null if empty or only white space. */
  text: 0,
  /** Trimmed, in lower or upper case. */
  lower: 1,
  upper: 2,
  /** As sent; an object or array counts as null. */
  sent: 3,
  /** Microseconds since the epoch, 64 bits. The flag says that something was sent. */
  instant: 4,
  /** 32 bits. The flag says that the value sent is not a quantity. */
  quantity: 5,
  /** Hundredths, 64 bits. The flag says that the value sent is not an amount of money. */
  amount: 6,
} as const;

export interface LineField {
  kind: keyof typeof KINDS;
  /** Places of the layout. The first value that is not missing is used. */
  places: readonly number[];
  /** The value if no place has one. */
  constant?: string | undefined;
}

/** A layout for the module; `isQuick` tells whether the module supports it. */
export interface LineLayout {
  fields: readonly LineField[];
  root: PathNode;
  placeCount: number;
  /** Strings that count as null. */
  missing?: ReadonlySet<string> | undefined;
  items?: ItemsLayout | undefined;
  /**
   * Numbers of fields. The session id is unique only together with the device id, else the user id.
   */
  session?: { session: number; device: number; user: number } | undefined;
  /** The number of the field that gets an id made from the whole record if it has no value. */
  contentId?: number | undefined;
}

/** The rows of a column so far. The bytes are valid until something is added. */
export interface LineColumn {
  /** One bit per row: there is a value. */
  valueBits: Uint8Array;
  /** One bit per row, for kinds with a flag. */
  flagBits: Uint8Array;
  /** The values without nulls, little-endian. Texts have a length of four bytes. */
  bytes: Uint8Array;
}

/** The maximum number of rows in a group. */
export const MAX_ROWS = 64 * 1024;
/** No row is begun once a column has this many bytes. */
const MAX_COLUMN_BYTES = 16 * 1024 * 1024;
/** The maximum number of fields in the module. */
const MAX_FIELDS = 1000;

const FIRST_COLUMN_BYTES = 256 * 1024;
const BIT_BYTES = MAX_ROWS / 8;
const PAGE_BYTES = 64 * 1024;
/** The module reads whole vectors, and every line must end with an LF. */
const SPARE_BYTES = 64;

export interface LineColumns {
  /**
   * A buffer for text of at least `sizeBytes`. A larger buffer keeps the content of the smaller
   * one. Valid until something is added. An LF may be written after the buffer.
   */
  input(sizeBytes: number): Buffer;
  /**
   * Adds the lines of the input from `from` up to those that begin at `to` or later. Each must end
   * with an LF and be UTF-8, and can be read only once, because reading modifies the text. `offset`
   * is the offset of `from` in the file. Returns the position where it stopped: the end, or a line
   * that is rejected or for which there is no space (`full`).
   */
  readLines(from: number, to: number, place: LinePlace): ReadResult;
  /** Adds a row that was read elsewhere. */
  addTexts(place: LinePlace, row: RowTexts): void;
  /** If true, call `clear` before adding another row. */
  isFull(): boolean;
  rowCount(): number;
  fileNumbers(): Uint8Array;
  /** The offset of each row's line in its file, 64 bits. */
  lineStarts(): Uint8Array;
  problems(): LineColumn;
  items(): LineColumn;
  /** The column of the field with this number. */
  column(field: number): LineColumn;
  /** Removes all rows. */
  clear(): void;
  /**
   * Returns and clears the fields without a column, with the number of lines read by `readLines`
   * that have each.
   */
  takeOtherFields(): FieldCounts;
  /**
   * One byte per place, then per place of items: 1 if a line read by `readLines` has a value there.
   */
  foundPlaces(): Buffer;
}

export interface RowTexts {
  /** Null: no problem. */
  problem: string | null;
  /** Texts of the fields, in their order. */
  fields: readonly (string | null)[];
  /** The items of the event as JSON. */
  items: string | null;
}

export interface LinePlace {
  fileNumber: number;
  /** Offset of the line in the file's text, in bytes. */
  offset: number;
}

export interface ReadResult {
  at: number;
  lineCount: number;
  ended: 'at_end' | 'given_up' | 'full';
}

const ENDED = ['at_end', 'given_up', 'full', 'names_full'] as const;

/** The exports of the module. Addresses are byte offsets in its memory. */
interface Exports {
  memory: WebAssembly.Memory;
  addName(name: number, parent: number): number;
  wantValue(name: number, place: number, mode: number): void;
  wantMembers(name: number): void;
  addElement(array: number, index: number): number;
  addElementByText(
    array: number,
    keyStart: number,
    keyEnd: number,
    textStart: number,
    textEnd: number,
  ): number;
  addMissing(start: number, end: number): void;
  addField(kind: number, constantStart: number, constantEnd: number): void;
  addPlace(place: number): void;
  wantPlace(place: number, mode: number): void;
  foundPlaces(): number;
  addObject(): number;
  placeItems(
    column: number,
    headStart: number,
    headEnd: number,
    object: number,
    firstPlace: number,
    endOfPlaces: number,
  ): void;
  addItemList(place: number): void;
  addItemField(headStart: number, headEnd: number): void;
  addItemArray(headStart: number, headEnd: number, valuePlace: number): void;
  addItemPlace(place: number): void;
  joinSession(session: number, device: number, user: number): void;
  useContentIds(field: number): void;
  placeColumn(
    column: number,
    bytes: number,
    capacity: number,
    valueBits: number,
    flagBits: number,
  ): void;
  readLines(
    from: number,
    to: number,
    offset: bigint,
    fileNumber: number,
    fileNumbers: number,
    lineStarts: number,
    maxRows: number,
    maxBytes: number,
  ): number;
  whyEnded(): 0 | 1 | 2 | 3;
  linesRead(): number;
  addText(field: number, start: number, end: number): void;
  endRow(): void;
  rows(): number;
  usedBytes(column: number): number;
  clearColumns(count: number): void;
  names(): number;
  placeOfName(name: number): number;
  lengthOfName(name: number): number;
  parentOfName(name: number): number;
  otherFieldCount(name: number): number;
  forgetOthers(): void;
}

let compiled: WebAssembly.Module | undefined;

/** How the value of a place is read. The module uses the same codes. */
const BY_VALUE = 1;
const AS_SENT = 2;
const AS_WRITTEN = 4;

/** The maximum number of wanted names, and of texts that count as null. */
const MAX_WANTED_NAMES = 1500;
const MAX_MISSING = 64;
const MAX_MISSING_BYTES = 200;

/** Whether the module supports the layout: no unusual keys, not too many paths or texts. */
export function isQuick({ root, placeCount, missing, items }: LineLayout): boolean {
  const texts = [...(missing ?? [])];
  const roots = items === undefined ? [root] : [root, items.lists.root];
  const itemPlaces = items === undefined ? 0 : items.lists.placeCount + items.arrays.length;
  return (
    placeCount + itemPlaces <= MAX_FIELDS &&
    roots.reduce((count, each) => count + countNames(each), 0) <= MAX_WANTED_NAMES &&
    roots.every(hasQuickKeys) &&
    texts.length <= MAX_MISSING &&
    texts.every((text) => Buffer.byteLength(text) <= MAX_MISSING_BYTES)
  );
}

function countNames(node: PathNode): number {
  return childrenOf(node).reduce((count, child) => count + 1 + countNames(child), 0);
}

function hasQuickKeys(node: PathNode): boolean {
  const keys = [...node.keys.keys(), ...node.matches.map(({ key }) => key)];
  return keys.every((key) => QUICK_KEY.test(key)) && childrenOf(node).every(hasQuickKeys);
}

function childrenOf({ keys, indexes, matches }: PathNode): PathNode[] {
  return [...keys.values(), ...indexes.values(), ...matches.map(({ node }) => node)];
}

const QUICK_KEY = /^[\x20!#-[\]-~]{0,190}$/;

interface WantedPlace {
  /** Its number in the module. */
  place: number;
  /** How its value is read. */
  mode: number;
}

/** Maps a place's number in its tree to the module's. */
type ModeOf = (place: number) => WantedPlace;

/** Starts a module for this layout. Throws `config_invalid` if it has too many fields. */
export function createLineColumns(layout: LineLayout): LineColumns {
  const { fields, root, items } = layout;
  if (fields.length > MAX_FIELDS) {
    throw new ClicklakeError('config_invalid', `${fields.length} fields are too many to read`, {
      hint: `declare fewer silver.extra_columns: with those of the contract ${MAX_FIELDS} can be read`,
    });
  }
  compiled ??= new WebAssembly.Module(Buffer.from(LINE_READER, 'base64'));
  const instance = new WebAssembly.Instance(compiled, {
    columns: { growColumn },
    'line-reader': { writeContentId },
  });
  const reader = instance.exports as unknown as Exports;
  const memory = createMemory(reader.memory);
  let otherFields = noFields();

  /** Addresses of the columns: those of the fields, then problems and items. */
  const columns = [...fields, undefined, undefined].map((_, index) => {
    const column = {
      bytes: memory.take(FIRST_COLUMN_BYTES),
      capacity: FIRST_COLUMN_BYTES,
      valueBits: memory.take(BIT_BYTES),
      flagBits: memory.take(BIT_BYTES),
    };
    place(index, column);
    return column;
  });
  const problemColumn = fields.length;
  const itemsColumn = fields.length + 1;
  const fileNumbers = memory.take(4 * MAX_ROWS);
  const lineStarts = memory.take(8 * MAX_ROWS);
  let scratch = { at: memory.take(PAGE_BYTES), sizeBytes: PAGE_BYTES };
  let inputs = { at: memory.take(PAGE_BYTES), sizeBytes: PAGE_BYTES - SPARE_BYTES };
  let wantedNames = 0;
  if (isQuick(layout)) {
    addNames(root, 0, modeOf);
    if (items !== undefined) {
      addItems(items);
    }
    for (const text of layout.missing ?? []) {
      reader.addMissing(...keepText(text));
    }
  }
  for (const { kind, places, constant } of fields) {
    const [start, end] = constant === undefined ? [0, 0] : keepText(constant);
    reader.addField(KINDS[kind], start, end);
    for (const number of places) {
      reader.addPlace(number);
    }
  }
  if (layout.session !== undefined) {
    reader.joinSession(layout.session.session, layout.session.device, layout.session.user);
  }
  if (layout.contentId !== undefined) {
    reader.useContentIds(layout.contentId);
  }

  /** Adds the wanted names, which must have the lowest numbers. */
  function addNames(node: PathNode, parent: number, modeOf: ModeOf): void {
    for (const [key, child] of node.keys) {
      writeScratch(`${key}"`);
      addWanted(reader.addName(scratch.at, parent), child, modeOf);
    }
  }

  function addWanted(name: number, node: PathNode, modeOf: ModeOf): void {
    wantedNames += 1;
    if (node.place !== undefined) {
      const { place, mode } = modeOf(node.place);
      reader.wantValue(name, place, mode);
    }
    if (node.keys.size > 0) {
      reader.wantMembers(name);
    }
    addNames(node, name + 1, modeOf);
    for (const [index, child] of node.indexes) {
      addWanted(reader.addElement(name, index), child, modeOf);
    }
    const keys = new Map<string, [number, number]>();
    for (const { key, text, node: child } of node.matches) {
      const kept = keys.get(key) ?? keepText(key);
      keys.set(key, kept);
      addWanted(reader.addElementByText(name, ...kept, ...keepText(text)), child, modeOf);
    }
  }

  function modeOf(place: number): WantedPlace {
    const kindsOf = fields.filter(({ places }) => places.includes(place)).map(({ kind }) => kind);
    const isByValue = kindsOf.some((kind) => KINDS[kind] >= KINDS.instant);
    const isSent = kindsOf.every((kind) => kind === 'sent');
    const ofItems = [items?.lists, ...(items?.arrays ?? [])];
    const isWritten = ofItems.some((each) => each?.places.includes(place) === true);
    return {
      place,
      mode: (isByValue ? BY_VALUE : 0) + (isSent ? AS_SENT : 0) + (isWritten ? AS_WRITTEN : 0),
    };
  }

  /** The places of items follow those of the record: first those of objects, then one per array. */
  function addItems({ lists, arrays }: ItemsLayout): void {
    const firstPlace = layout.placeCount;
    const firstOfArrays = firstPlace + lists.placeCount;
    const object = reader.addObject();
    wantedNames += 1;
    const head = keepText('{"item_number":"');
    reader.placeItems(itemsColumn, ...head, object, firstPlace, firstOfArrays);
    for (const place of lists.places) {
      reader.addItemList(place);
    }
    const modeInItem = (names: readonly string[]): number =>
      (names.some((name) => NUMERIC_FIELDS.has(name)) ? BY_VALUE : 0) + AS_SENT;
    addNames(lists.root, object, (place) => {
      const names = lists.fields.filter(({ places }) => places.includes(place));
      return { place: firstPlace + place, mode: modeInItem(names.map(({ name }) => name)) };
    });
    for (const { name, places } of lists.fields) {
      reader.addItemField(...keepText(`,"${name}":"`));
      for (const place of places) {
        reader.addItemPlace(firstPlace + place);
      }
    }
    for (const [index, { name, places }] of arrays.entries()) {
      const valuePlace = firstOfArrays + index;
      reader.wantPlace(valuePlace, modeInItem([name]));
      reader.addItemArray(...keepText(`,"${name}":"`), valuePlace);
      for (const place of places) {
        reader.addItemPlace(place);
      }
    }
  }

  /** Stores a text permanently. Returns start and end. */
  function keepText(text: string): [number, number] {
    const sizeBytes = Buffer.byteLength(text);
    const at = memory.take(sizeBytes + SPARE_BYTES);
    memory.buffer(at, sizeBytes).write(text);
    return [at, at + sizeBytes];
  }

  function place(index: number, column: (typeof columns)[number]): void {
    const { bytes, capacity, valueBits, flagBits } = column;
    reader.placeColumn(index, bytes, capacity, valueBits, flagBits);
  }

  function growColumn(index: number, neededBytes: number): void {
    const column = columns[index] as (typeof columns)[number];
    const capacity = Math.max(2 * column.capacity, neededBytes);
    const bytes = memory.take(capacity);
    memory.bytes().copyWithin(bytes, column.bytes, column.bytes + reader.usedBytes(index));
    Object.assign(column, { bytes, capacity });
    place(index, column);
  }

  function writeContentId(start: number, end: number, target: number): void {
    const id = contentId(memory.buffer(start, end - start));
    memory.buffer(target, CONTENT_ID_DIGITS).write(id, 'latin1');
  }

  /** Writes a text to the scratch area. Returns its number of bytes. */
  function writeScratch(text: string): number {
    const needed = Buffer.byteLength(text) + SPARE_BYTES;
    if (needed > scratch.sizeBytes) {
      scratch = { at: memory.take(2 * needed), sizeBytes: 2 * needed };
    }
    return memory.buffer(scratch.at, scratch.sizeBytes).write(text);
  }

  function addText(field: number, text: string): void {
    const textBytes = writeScratch(text);
    reader.addText(field, scratch.at, scratch.at + textBytes);
  }

  function columnOf(index: number): LineColumn {
    const { valueBits, flagBits, bytes } = columns[index] as (typeof columns)[number];
    const bitBytes = Math.ceil(reader.rows() / 8);
    return {
      valueBits: memory.buffer(valueBits, bitBytes),
      flagBits: memory.buffer(flagBits, bitBytes),
      bytes: memory.buffer(bytes, reader.usedBytes(index)),
    };
  }

  /** The path of a name, including the objects around it. */
  function pathOfName(name: number): string {
    const length = reader.lengthOfName(name) - 1;
    const parent = reader.parentOfName(name);
    if (length < 0) {
      // An element has the name of its array.
      return pathOfName(parent - 1);
    }
    const text = memory.buffer(reader.placeOfName(name), length).toString('utf8');
    return parent === 0 ? text : `${pathOfName(parent - 1)}.${text}`;
  }

  /** The module has space for some thousand names; collected names are cleared. */
  function collectOtherFields(): void {
    for (let name = wantedNames; name < reader.names(); name += 1) {
      const count = reader.otherFieldCount(name);
      if (count === 0) {
        continue;
      }
      addField(otherFields, pathOfName(name), count);
    }
    reader.forgetOthers();
  }

  return {
    input(sizeBytes) {
      if (sizeBytes > inputs.sizeBytes) {
        const larger = memory.take(sizeBytes + SPARE_BYTES);
        memory.bytes().copyWithin(larger, inputs.at, inputs.at + inputs.sizeBytes);
        inputs = { at: larger, sizeBytes };
      }
      return memory.buffer(inputs.at, inputs.sizeBytes + 1);
    },
    readLines(from, to, { fileNumber, offset }) {
      let at = from;
      let lineCount = 0;
      for (;;) {
        const end = reader.readLines(
          inputs.at + at,
          inputs.at + to,
          BigInt(offset + at - from),
          fileNumber,
          fileNumbers,
          lineStarts,
          MAX_ROWS,
          MAX_COLUMN_BYTES,
        );
        at = end - inputs.at;
        lineCount += reader.linesRead();
        const ended = ENDED[reader.whyEnded()];
        if (ended !== 'names_full') {
          return { at, lineCount, ended };
        }
        collectOtherFields();
      }
    },
    addTexts({ fileNumber, offset }, { problem, fields: texts, items }) {
      if (problem !== null) {
        addText(problemColumn, problem);
      }
      if (items !== null) {
        addText(itemsColumn, items);
      }
      for (const [field, text] of texts.entries()) {
        if (text !== null) {
          addText(field, text);
        }
      }
      const row = reader.rows();
      const view = new DataView(reader.memory.buffer);
      view.setInt32(fileNumbers + 4 * row, fileNumber, true);
      view.setBigInt64(lineStarts + 8 * row, BigInt(offset), true);
      reader.endRow();
    },
    isFull: () =>
      reader.rows() >= MAX_ROWS ||
      columns.some((_, index) => reader.usedBytes(index) > MAX_COLUMN_BYTES),
    rowCount: () => reader.rows(),
    fileNumbers: () => memory.buffer(fileNumbers, 4 * reader.rows()),
    lineStarts: () => memory.buffer(lineStarts, 8 * reader.rows()),
    problems: () => columnOf(problemColumn),
    items: () => columnOf(itemsColumn),
    column: columnOf,
    clear() {
      for (const { valueBits, flagBits } of columns) {
        memory.buffer(valueBits, BIT_BYTES).fill(0);
        memory.buffer(flagBits, BIT_BYTES).fill(0);
      }
      reader.clearColumns(columns.length);
    },
    takeOtherFields() {
      collectOtherFields();
      const taken = otherFields;
      otherFields = noFields();
      return taken;
    },
    foundPlaces: () =>
      memory.buffer(
        reader.foundPlaces(),
        layout.placeCount + (layout.items?.lists.placeCount ?? 0),
      ),
  };
}

/**
 * Allocates memory of the module beyond its own data. Views become invalid when the memory grows.
 */
function createMemory(memory: WebAssembly.Memory) {
  let top = memory.buffer.byteLength;
  return {
    /** Returns the address of this many zeroed bytes, which are never freed. */
    take(sizeBytes: number): number {
      const at = top;
      top += Math.ceil(sizeBytes / 16) * 16;
      const missing = top + PAGE_BYTES - memory.buffer.byteLength;
      if (missing > 0) {
        memory.grow(Math.ceil(missing / PAGE_BYTES));
      }
      return at;
    },
    bytes: () => new Uint8Array(memory.buffer),
    buffer: (at: number, sizeBytes: number) => Buffer.from(memory.buffer, at, sizeBytes),
  };
}
