/**
 * Writes lines that are spelled the plain way, in the memory of a WebAssembly module (src/simulate/assembly):
 * of prepared texts and of numbers, three times as quickly as JavaScript could.
 */
import { CATEGORIES } from './catalogue.ts';
import { EVENT_TYPES, PAGE, pageOf } from './events.ts';
import { LINE_WRITER } from './generated/line-writer.ts';
import { deriveKey, threshold } from './hash.ts';
import { createIdentityKeys } from './identity.ts';
import { priceText } from './line-fields.ts';
import { EXTRA_FIELDS } from './odd-lines.ts';
import { addressOf } from './pages.ts';
import { RECORD_INTS, type Records } from './records.ts';
import type { Shop } from './shop.ts';
import { CAMPAIGNS, EXTERNAL_SITES, SEARCH_TERMS } from './vocabulary.ts';

/** No line is longer. */
export const MAX_LINE_BYTES = 2_048;
/** So many records at a time, that they and their lines stay in the processor's cache. */
const MAX_RECORDS = 256;
const PAGE_BYTES = 64 * 1024;
/** The module reads and writes whole vectors. */
const SPARE_BYTES = 16;

export interface PlainLines {
  /** How many records there is room for. */
  readonly capacity: number;
  /** Room for the lines of all of them. */
  readonly out: Buffer;
  /** Takes the records from `from` to before `to`, instead of those before. */
  take(records: Records, from: number, to: number): void;
  /**
   * Writes the lines of the records taken, from number `from` on, to `out` from `at` on. Ends at the first
   * that is not plain.
   */
  write(from: number, at: number): WrittenLines;
}

export interface WrittenLines {
  /** Where the lines end in `out`. */
  at: number;
  /** The record that is not plain, or how many there are. */
  next: number;
  /** Its line is to be spelled in another way, whatever it is. */
  isRespelled: boolean;
}

/** What the module exports; addresses are bytes of its memory. */
interface Exports {
  memory: WebAssembly.Memory;
  placeTable(table: number, address: number): void;
  setKeys(
    event: number,
    user: number,
    session: number,
    order: number,
    account: number,
    line: number,
  ): void;
  setLimits(respelled: number, extra: number, extras: number): void;
  writeLines(records: number, instants: number, from: number, to: number, out: number): number;
  nextRecord(): number;
  isRespelled(): 0 | 1;
}

let compiled: WebAssembly.Module | undefined;

/** `rates`: the parts of the lines that are not plain, or have extra fields. */
export function createPlainLines(
  shop: Shop,
  seed: number,
  rates: { extraFields: number; spellings: number },
): PlainLines {
  compiled ??= new WebAssembly.Module(Buffer.from(LINE_WRITER, 'base64'));
  const instance = new WebAssembly.Instance(compiled, {});
  const writer = instance.exports as unknown as Exports;
  const keys = createIdentityKeys(seed);
  const lineKey = deriveKey(shop.keyA, -1);
  writer.setKeys(keys.event, keys.user, keys.session, keys.order, keys.account, lineKey);
  // One number decides: the respelled lines come first, those with extra fields after them.
  const respelledLimit = threshold(rates.spellings);
  const extraLimit = respelledLimit + threshold(rates.extraFields);
  writer.setLimits(respelledLimit, extraLimit, EXTRA_FIELDS.length);

  const recordsAt = placeTexts(writer, listTables(shop));
  const instantsAt = recordsAt + MAX_RECORDS * RECORD_INTS * 4;
  const outAt = instantsAt + MAX_RECORDS * 8;
  reserve(writer.memory, outAt + MAX_RECORDS * MAX_LINE_BYTES + SPARE_BYTES);
  const { buffer } = writer.memory;
  const ints = new Int32Array(buffer, recordsAt, MAX_RECORDS * RECORD_INTS);
  const instants = new Float64Array(buffer, instantsAt, MAX_RECORDS);
  let count = 0;

  return {
    capacity: MAX_RECORDS,
    out: Buffer.from(buffer, outAt, MAX_RECORDS * MAX_LINE_BYTES),
    take(records, from, to) {
      count = to - from;
      ints.set(records.ints.subarray(from * RECORD_INTS, to * RECORD_INTS));
      instants.set(records.shownUs.subarray(from, to));
    },
    write(from, at) {
      const end = writer.writeLines(recordsAt, instantsAt, from, count, outAt + at);
      return {
        at: end - outAt,
        next: writer.nextRecord(),
        isRespelled: writer.isRespelled() === 1,
      };
    },
  };
}

/** The tables of texts by the numbers that the module knows them by. */
function listTables(shop: Shop): string[][] {
  const { profile, catalogue } = shop;
  const openings = [
    '{"event_id":"',
    '","user_id":"',
    '","session_id":"',
    ',"event_timestamp":"',
    ',"page_url":"',
    ',"referrer":"',
    ',"order_id":"ORD-',
    ',"quantity":',
  ];
  const prices = Array.from(
    catalogue.priceCents,
    (cents) => `,"currency":"${profile.currency}","price":${priceText(cents)}`,
  );
  return [
    openings,
    EVENT_TYPES.map((name) => `","event_type":"${name}"`),
    [...profile.devices.map(({ name }) => `,"device":"${name}"`), ''],
    [...profile.countries.map(({ code }) => `,"country":"${code}"`), ''],
    catalogue.productIds.map((id) => `,"product_id":"${id}"`),
    prices,
    EXTRA_FIELDS.map((members) => `,${members}`),
    ...listPages(shop),
  ];
}

/** The addresses of all pages by their kind, with the quote that ends them; empty for none. */
function listPages({ catalogue }: Shop): string[][] {
  const counts: Record<keyof typeof PAGE, number> = {
    none: 1,
    home: 1,
    list: CATEGORIES.length,
    product: catalogue.count,
    search: SEARCH_TERMS.length,
    cart: 1,
    checkout: 1,
    thanks: 1,
    external: EXTERNAL_SITES.length,
    campaign: CAMPAIGNS.length,
  };
  const pages: string[][] = [];
  for (const [name, count] of Object.entries(counts)) {
    const kind = PAGE[name as keyof typeof PAGE];
    pages[kind] = Array.from({ length: count }, (_, detail) => {
      const address = addressOf(catalogue, pageOf(kind, detail));
      return address === '' ? '' : `${address}"`;
    });
  }
  return pages;
}

/**
 * Lays tables into the module's memory: texts behind four bytes of their length, and of each table their
 * addresses. Returns where free memory begins, at a multiple of 16.
 */
function placeTexts(writer: Exports, tables: readonly string[][]): number {
  const texts = tables.flat();
  const addressesAt = writer.memory.buffer.byteLength;
  let textsAt = addressesAt + 4 * texts.length;
  const sizeBytes = texts.reduce((sum, text) => sum + 4 + Buffer.byteLength(text), 0);
  const end = Math.ceil((textsAt + sizeBytes) / 16) * 16;
  reserve(writer.memory, end + SPARE_BYTES);
  const bytes = Buffer.from(writer.memory.buffer);
  for (const [index, text] of texts.entries()) {
    bytes.writeUInt32LE(textsAt, addressesAt + 4 * index);
    bytes.writeUInt32LE(bytes.write(text, textsAt + 4), textsAt);
    textsAt += 4 + Buffer.byteLength(text);
  }
  let first = addressesAt;
  for (const [number, table] of tables.entries()) {
    writer.placeTable(number, first);
    first += 4 * table.length;
  }
  return end;
}

/** Lets the memory have so many bytes; views of it end. */
function reserve(memory: WebAssembly.Memory, sizeBytes: number): void {
  const missing = sizeBytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}
