/**
 * Lines of JSON become columns, in the memory of a WebAssembly module (src/bronze/assembly), which reads
 * ordinary lines some four times as quickly as JavaScript could. Lines that it gives up are left to the
 * strict reader, whose texts can be added here too.
 */
import { NUMERIC_FIELDS } from '../contract/fields.ts';
import { ClicklakeError } from '../errors.ts';
import type { ItemsLayout, PathNode } from '../mapping/record-layout.ts';
import { CONTENT_ID_DIGITS, contentId } from './content-id.ts';
import { addField, type FieldCounts, noFields } from './field-counts.ts';
import { LINE_READER } from './generated/line-reader.ts';

/** How a field's text becomes a value. */
const KINDS = {
  /** As sent; null when it is empty or only white space. */
  text: 0,
  /** The same, trimmed, in lower or upper case. */
  lower: 1,
  upper: 2,
  /** As sent; an object or array counts as null. */
  sent: 3,
  /** Microseconds since the epoch, 64 bits. The flag says that something was sent. */
  instant: 4,
  /** 32 bits. The flag says that what was sent is no quantity. */
  quantity: 5,
  /** Hundredths, 64 bits. The flag says that what was sent is no amount of money. */
  amount: 6,
} as const;

export interface LineField {
  kind: keyof typeof KINDS;
  /** Places of the layout, the first whose value is not missing counts. */
  places: readonly number[];
  /** What it is when no place has a value. */
  constant?: string | undefined;
}

/** Lines as the module reads them; `isQuick` tells which layouts it knows. */
export interface LineLayout {
  fields: readonly LineField[];
  root: PathNode;
  placeCount: number;
  /** Strings that count as null. */
  missing?: ReadonlySet<string> | undefined;
  items?: ItemsLayout | undefined;
  /** Numbers of fields: the session's id is only unique with the device's, else the user's. */
  session?: { session: number; device: number; user: number } | undefined;
  /** The number of a field that is made of the whole record where it has no value. */
  contentId?: number | undefined;
}

/** The rows so far of a column; the bytes are valid until something is added. */
export interface LineColumn {
  /** A bit a row: there is a value. */
  valueBits: Uint8Array;
  /** A bit a row, of the kinds that have a flag. */
  flagBits: Uint8Array;
  /** The values, nulls left out; a text behind four bytes of its length. Little-endian. */
  bytes: Uint8Array;
}

/** Rows are taken away in groups of at most so many. */
export const MAX_ROWS = 64 * 1024;
/** No row is begun when a column has so many bytes. */
const MAX_COLUMN_BYTES = 16 * 1024 * 1024;
/** The module has room for so many fields. */
const MAX_FIELDS = 1000;

const FIRST_COLUMN_BYTES = 256 * 1024;
const BIT_BYTES = MAX_ROWS / 8;
const PAGE_BYTES = 64 * 1024;
/** The module reads whole vectors, and a line must end with an LF. */
const SPARE_BYTES = 64;

export interface LineColumns {
  /**
   * Bytes that may be filled with text, `sizeBytes` at least; larger room keeps what the smaller had.
   * Valid until something is added. An LF may be put behind them.
   */
  input(sizeBytes: number): Buffer;
  /**
   * Adds the lines of the input from `from` up to those that begin at `to` or later. Each must end with an
   * LF, be UTF-8, and is read once only: its text is not the same afterwards. `offset` is where `from` lies
   * in the file. Returns where it ended: there, when it read all; or where a line begins that it gives up,
   * or that there is no room for (`full`).
   */
  readLines(from: number, to: number, place: LinePlace): ReadResult;
  /** Adds a row by what was read elsewhere. */
  addTexts(place: LinePlace, row: RowTexts): void;
  /** No row must be added before `clear`. */
  isFull(): boolean;
  rowCount(): number;
  fileNumbers(): Uint8Array;
  /** Where each row's line begins in its file, 64 bits. */
  lineStarts(): Uint8Array;
  problems(): LineColumn;
  items(): LineColumn;
  /** Of the field with this number. */
  column(field: number): LineColumn;
  /** Forgets all rows. */
  clear(): void;
  /** Hands over the fields without a column, and in how many of the lines that `readLines` read each occurs. */
  takeOtherFields(): FieldCounts;
  /** A byte for each place, then for each of items: 1 when a line that `readLines` read has a value there. */
  foundPlaces(): Buffer;
}

export interface RowTexts {
  /** Null: none. */
  problem: string | null;
  /** Of the fields, in their order. */
  fields: readonly (string | null)[];
  /** The items of an event as JSON. */
  items: string | null;
}

export interface LinePlace {
  fileNumber: number;
  /** Bytes of the file's text before the line. */
  offset: number;
}

export interface ReadResult {
  at: number;
  lineCount: number;
  ended: 'at_end' | 'given_up' | 'full';
}

const ENDED = ['at_end', 'given_up', 'full', 'names_full'] as const;

/** What the module exports; addresses are bytes of its memory. */
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

/** How the value of a place is read; the numbers are the module's, too. */
const BY_VALUE = 1;
const AS_SENT = 2;
const AS_WRITTEN = 4;

/** The module has room for so many wanted names, and such texts that count as null. */
const MAX_WANTED_NAMES = 1500;
const MAX_MISSING = 64;
const MAX_MISSING_BYTES = 200;

/** Whether the module can read lines so: no odd keys, not too many paths and texts. */
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

/** Of a place's number in its tree. */
type ModeOf = (place: number) => WantedPlace;

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

  /** Where columns lie: those of the fields, then the problems and the items. */
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

  /** The names that are wanted have the first numbers. */
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

  /** Their places are behind the record's: those of objects, then one for each array. */
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

  /** Where the text lies for good. */
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

  /** Returns how many bytes the text has. */
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

  /** With the names of the objects around it. */
  function pathOfName(name: number): string {
    const length = reader.lengthOfName(name) - 1;
    const parent = reader.parentOfName(name);
    if (length < 0) {
      // An element has its array's name.
      return pathOfName(parent - 1);
    }
    const text = memory.buffer(reader.placeOfName(name), length).toString('utf8');
    return parent === 0 ? text : `${pathOfName(parent - 1)}.${text}`;
  }

  /** The module has room for some thousand names; it forgets those that are collected. */
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

/** Room in the module's memory behind its own. Views of it end when it grows. */
function createMemory(memory: WebAssembly.Memory) {
  let top = memory.buffer.byteLength;
  return {
    /** Addresses of so many bytes, which are zero and are never given back. */
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
