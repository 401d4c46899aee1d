/**
 * Writes lines as bytes, fast: no strings, no objects, every constant part prepared beforehand.
 *
 * Only lines spelled the plain way are written here; `odd-lines.ts` makes all the others.
 */
import {
  encodeText,
  putBytes,
  putHexHalf,
  putHexWord,
  putTenDigits,
  putThreeDigits,
  putTwoDigits,
} from './bytes.ts';
import {
  EVENT_TYPES,
  NO_PRODUCT,
  PRICE_NONE,
  PRICE_UNREADABLE,
  QUANTITY_UNREADABLE,
} from './events.ts';
import { deriveKey, mix, pick, threshold } from './hash.ts';
import { createIdentityKeys, eventIdWords, userNumber, visitIdWords } from './identity.ts';
import { priceText } from './line-fields.ts';
import { createOddLineWriter, EXTRA_FIELDS } from './odd-lines.ts';
import { preparePages } from './page-snippets.ts';
import {
  countryOf,
  countsMicroseconds,
  deviceOf,
  FIELD,
  isOtherAccount,
  KIND,
  kindOf,
  RECORD_INTS,
  type Records,
  STEP_SPAN,
  typeOf,
} from './records.ts';
import type { Shop } from './shop.ts';

/** No line is longer. */
export const MAX_LINE_BYTES = 2_048;

export interface LineWriter {
  /**
   * Writes the records as lines, each ended by LF, to the start of `out`, which must have room for
   * `MAX_LINE_BYTES` per record. Answers the number of bytes. The same records give the same bytes.
   */
  write(records: Records, out: Uint8Array): number;
}

const OPEN_EVENT = encodeText('{"event_id":"');
const OPEN_USER = encodeText('","user_id":"');
const OPEN_SESSION = encodeText('","session_id":"');
const OPEN_TIME = encodeText(',"event_timestamp":"');
const OPEN_ORDER = encodeText(',"order_id":"ORD-');
const OPEN_QUANTITY = encodeText(',"quantity":');
const QUOTE = 0x22;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const LETTER_G = 0x67;
const CLOSE = 0x7d;
const LF = 0x0a;
const DAY_US = 86_400_000_000;

export function createLineWriter(
  shop: Shop,
  seed: number,
  rates: { extraFields: number; spellings: number },
): LineWriter {
  const keys = createIdentityKeys(seed);
  const lineKey = deriveKey(shop.keyA, -1);
  const isVaried = rates.extraFields > 0 || rates.spellings > 0;
  // One number decides: the respelled lines come first, those with extra fields after them.
  const oddLimit = threshold(rates.spellings);
  const extraLimit = oddLimit + threshold(rates.extraFields);
  const snippets = prepareSnippets(shop);
  const pages = preparePages(shop.catalogue);
  const oddLines = createOddLineWriter(shop, keys);
  const words = new Int32Array(4);
  const putTime = createTimeWriter();

  /** The event id in `words`. */
  const putEventId = (out: Uint8Array, start: number): number => {
    let at = putHexWord(out, start, words[0]!);
    out[at++] = DASH;
    at = putHexHalf(out, at, words[1]! >>> 16);
    out[at++] = DASH;
    at = putHexHalf(out, at, words[1]!);
    out[at++] = DASH;
    at = putHexHalf(out, at, words[2]! >>> 16);
    out[at++] = DASH;
    at = putHexHalf(out, at, words[2]!);
    return putHexWord(out, at, words[3]!);
  };
  const putVisitId = (
    out: Uint8Array,
    at: number,
    key: number,
    visitor: number,
    number: number,
  ) => {
    visitIdWords(key, visitor, number, words);
    return putHexWord(out, putHexWord(out, at, words[0]!), words[1]!);
  };
  const putUser = (out: Uint8Array, at: number, visitor: number, account: number): number => {
    if (account < 0) {
      return putTenDigits(out, at, userNumber(keys, visitor));
    }
    out[at] = LETTER_G;
    return putVisitId(out, at + 1, keys.account, visitor, account);
  };

  /** A plain line without its closing brace; its event id must be in `words`. */
  function putPlain(
    out: Uint8Array,
    start: number,
    ints: Int32Array,
    first: number,
    shownUs: number,
  ): number {
    const visitor = ints[first + FIELD.visitor]!;
    const act = ints[first + FIELD.act]!;
    const traits = ints[first + FIELD.traits]!;
    const product = ints[first + FIELD.product]!;
    const quantityOrder = ints[first + FIELD.quantityOrder]!;
    const visit = (act / STEP_SPAN) | 0;
    let at = putBytes(out, start, OPEN_EVENT);
    at = putEventId(out, at);
    at = putBytes(out, at, OPEN_USER);
    at = putUser(out, at, visitor, isOtherAccount(traits) ? visit : -1);
    at = putBytes(out, at, OPEN_SESSION);
    at = putVisitId(out, at, keys.session, visitor, visit);
    at = putBytes(out, at, snippets.types[typeOf(traits)]!);
    if (product !== NO_PRODUCT) {
      at = putBytes(out, at, snippets.products[product]!);
    }
    at = putBytes(out, at, snippets.devices[deviceOf(traits)]!);
    at = putBytes(out, at, snippets.countries[countryOf(traits)]!);
    at = putBytes(out, at, OPEN_TIME);
    at = putTime(out, at, shownUs, countsMicroseconds(traits));
    at = putBytes(out, at, pages.pageUrl(ints[first + FIELD.page]!));
    at = putBytes(out, at, pages.referrer(ints[first + FIELD.referrer]!));
    const orderStep = (quantityOrder >> 8) - 1;
    if (orderStep >= 0) {
      at = putBytes(out, at, OPEN_ORDER);
      at = putVisitId(out, at, keys.order, visitor, visit * STEP_SPAN + orderStep);
      out[at++] = QUOTE;
    }
    if (ints[first + FIELD.priceCents]! !== PRICE_NONE) {
      at = putBytes(out, at, snippets.prices[product]!);
    }
    const quantity = quantityOrder & 255;
    if (quantity > 0) {
      at = putBytes(out, at, OPEN_QUANTITY);
      out[at++] = ZERO + quantity;
    }
    return at;
  }

  return {
    write(records, out) {
      const { ints, shownUs, count } = records;
      const text = Buffer.from(out.buffer, out.byteOffset, out.byteLength);
      let at = 0;
      for (let index = 0; index < count; index++) {
        const first = index * RECORD_INTS;
        eventIdWords(keys, ints[first + FIELD.visitor]!, ints[first + FIELD.act]!, words);
        // The id is a hash already; what is drawn here must only differ from its digits.
        const random = isVaried ? mix(words[0]! ^ lineKey) >>> 0 : 0;
        const isRespelled = random < oddLimit;
        if (isRespelled || isOdd(ints, first)) {
          at += oddLines.write(records, index, isRespelled, text, at);
        } else {
          at = putPlain(out, at, ints, first, shownUs[index]!);
          if (random < extraLimit) {
            const { extras } = snippets;
            at = putBytes(out, at, extras[pick(mix(random) >>> 0, extras.length)]!);
          }
          out[at++] = CLOSE;
        }
        out[at++] = LF;
      }
      return at;
    },
  };
}

function prepareSnippets(shop: Shop): Record<SnippetKind, Uint8Array[]> {
  const { profile, catalogue } = shop;
  const texts: Record<SnippetKind, string[]> = {
    types: EVENT_TYPES.map((name) => `","event_type":"${name}"`),
    devices: [...profile.devices.map(({ name }) => `,"device":"${name}"`), ''],
    countries: [...profile.countries.map(({ code }) => `,"country":"${code}"`), ''],
    products: catalogue.productIds.map((id) => `,"product_id":"${id}"`),
    prices: Array.from(
      catalogue.priceCents,
      (cents) => `,"currency":"${profile.currency}","price":${priceText(cents)}`,
    ),
    extras: EXTRA_FIELDS.map((members) => `,${members}`),
  };
  const encoded = Object.entries(texts).map(([kind, list]) => [kind, list.map(encodeText)]);
  return Object.fromEntries(encoded);
}

type SnippetKind = 'types' | 'devices' | 'countries' | 'products' | 'prices' | 'extras';

/** Writes timestamps; lines come mostly in the order of time, so the date is remembered. */
function createTimeWriter() {
  const dateText = new Uint8Array(10);
  let dateNumber = Number.NaN;
  return (out: Uint8Array, start: number, shownUs: number, isMicroseconds: boolean): number => {
    const date = Math.floor(shownUs / DAY_US);
    if (date !== dateNumber) {
      dateNumber = date;
      dateText.set(encodeText(new Date(date * 86_400_000).toISOString().slice(0, 10)));
    }
    const usOfDay = shownUs - date * DAY_US;
    const msOfDay = Math.floor(usOfDay / 1_000);
    const secondOfDay = (msOfDay / 1_000) | 0;
    const minuteOfDay = (secondOfDay / 60) | 0;
    const hour = (minuteOfDay / 60) | 0;
    let at = putBytes(out, start, dateText);
    out[at++] = LETTER_T;
    at = putTwoDigits(out, at, hour);
    out[at++] = COLON;
    at = putTwoDigits(out, at, minuteOfDay - hour * 60);
    out[at++] = COLON;
    at = putTwoDigits(out, at, secondOfDay - minuteOfDay * 60);
    out[at++] = DOT;
    at = putThreeDigits(out, at, msOfDay - secondOfDay * 1_000);
    if (isMicroseconds) {
      at = putThreeDigits(out, at, usOfDay - msOfDay * 1_000);
    }
    out[at++] = LETTER_Z;
    out[at++] = QUOTE;
    return at;
  };
}

/** Lines that are to differ, and lines whose numbers are not numbers. */
function isOdd(ints: Int32Array, first: number): boolean {
  return (
    kindOf(ints[first + FIELD.traits]!) !== KIND.plain ||
    ints[first + FIELD.priceCents] === PRICE_UNREADABLE ||
    (ints[first + FIELD.quantityOrder]! & 255) === QUANTITY_UNREADABLE
  );
}
