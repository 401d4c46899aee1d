/**
 * The lines that clients send without any peculiarity, most of all: written byte by byte from prepared
 * texts, five times as quickly as from the list of fields (line-fields.ts), and with the same result.
 */
import { CATEGORIES } from './catalogue.ts';
import { formatDate } from './day-truth.ts';
import { EVENT_TYPES, NO_PRODUCT, PAGE, PAGE_SPAN, PRICE_NONE, pageOf } from './events.ts';
import { eventIdWords, type IdentityKeys, userNumber, visitIdWords } from './identity.ts';
import { priceText } from './line-fields.ts';
import { DAY_MS } from './options.ts';
import { addressOf } from './pages.ts';
import {
  countryOf,
  countsMicroseconds,
  deviceOf,
  FIELD,
  isOtherAccount,
  RECORD_INTS,
  type Records,
  STEP_SPAN,
  typeOf,
} from './records.ts';
import { deviceNumber, deviceOwner, SENDER } from './sender-rules.ts';
import type { Shop } from './shop.ts';
import { userAgentOf } from './user-agents.ts';
import { CAMPAIGNS, EXTERNAL_SITES, SEARCH_TERMS } from './vocabulary.ts';

/** Writes the line of a record up to its closing brace, to `out` from `at` on; answers where it ends. */
export type PlainLineWriter = (
  records: Records,
  index: number,
  out: Uint8Array,
  at: number,
) => number;

/** Texts as bytes, all of them ASCII. */
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

const EVENT = bytesOf('{"event_id":"');
const USER = bytesOf('","user_id":"');
const ANONYMOUS = bytesOf('","anonymous_id":"');
const SESSION = bytesOf('","session_id":"');
const TIME = bytesOf(',"event_timestamp":"');
const PAGE_URL = bytesOf(',"page_url":"');
const REFERRER = bytesOf(',"referrer":"');
const ORDER = bytesOf(',"order_id":"ORD-');
const QUANTITY = bytesOf(',"quantity":');
const USER_AGENT = bytesOf(',"user_agent":"');
const NOTHING = new Uint8Array(0);

const QUOTE = 0x22;
const DASH = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const LETTER_G = 0x67;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

export function createPlainLineWriter(shop: Shop, keys: IdentityKeys): PlainLineWriter {
  const { profile, catalogue, currencies } = shop;
  const types = EVENT_TYPES.map((name) => bytesOf(`","event_type":"${name}"`));
  const devices = profile.devices.map(({ name }) => bytesOf(`,"device":"${name}"`));
  const countries = profile.countries.map(({ code }) => bytesOf(`,"country":"${code}"`));
  const products = catalogue.productIds.map((id) => bytesOf(`,"product_id":"${id}"`));
  const prices = currencies.codes.map((code, currency) =>
    Array.from(currencies.priceCents[currency]!, (cents) =>
      bytesOf(`,"currency":"${code}","price":${priceText(cents)}`),
    ),
  );
  const pages = listPages(shop);
  const words = new Int32Array(4);

  function putVisitId(out: Uint8Array, at: number, key: number, visitor: number, number: number) {
    visitIdWords(key, visitor, number, words);
    return putHex(out, putHex(out, at, words[0]!), words[1]!);
  }

  function putAddress(out: Uint8Array, at: number, opening: Uint8Array, page: number): number {
    const address = pages[Math.floor(page / PAGE_SPAN)]![page % PAGE_SPAN]!;
    return address.length === 0 ? at : put(out, put(out, at, opening), address);
  }

  return ({ ints, shownUs }, index, out, start) => {
    const record = index * RECORD_INTS;
    const visitor = ints[record + FIELD.visitor]!;
    const act = ints[record + FIELD.act]!;
    const traits = ints[record + FIELD.traits]!;
    const product = ints[record + FIELD.product]!;
    const quantity = ints[record + FIELD.quantityOrder]! & 255;
    const orderStep = (ints[record + FIELD.quantityOrder]! >> 8) - 1;
    const sender = ints[record + FIELD.sender]!;
    const visit = Math.floor(act / STEP_SPAN);

    eventIdWords(keys, visitor, act, words);
    let at = putUuid(out, put(out, start, EVENT), words);
    if ((sender & SENDER.hasNoUser) === 0) {
      at = put(out, at, USER);
      if (isOtherAccount(traits)) {
        out[at++] = LETTER_G;
        at = putVisitId(out, at, keys.account, visitor, visit);
      } else {
        at = putDigits(out, at, userNumber(keys, visitor), 10);
      }
    }
    if ((sender & SENDER.hasDevice) !== 0) {
      const owner = deviceOwner(visitor, sender);
      at = putVisitId(out, put(out, at, ANONYMOUS), keys.device, owner, deviceNumber(sender));
    }
    if ((sender & SENDER.hasNoSession) === 0) {
      at = putVisitId(out, put(out, at, SESSION), keys.session, visitor, visit);
    }
    at = put(out, at, types[typeOf(traits)]!);
    if (product !== NO_PRODUCT) {
      at = put(out, at, products[product]!);
    }
    at = put(out, at, devices[deviceOf(traits)] ?? NOTHING);
    at = put(out, at, countries[countryOf(traits)] ?? NOTHING);
    at = putInstant(out, put(out, at, TIME), shownUs[index]!, countsMicroseconds(traits));
    at = putAddress(out, at, PAGE_URL, ints[record + FIELD.page]!);
    at = putAddress(out, at, REFERRER, ints[record + FIELD.referrer]!);
    if (orderStep >= 0) {
      at = put(out, at, ORDER);
      at = putVisitId(out, at, keys.order, visitor, visit * STEP_SPAN + orderStep);
      out[at++] = QUOTE;
    }
    if (ints[record + FIELD.priceCents] !== PRICE_NONE) {
      at = put(out, at, prices[currencies.ofCountry[countryOf(traits)]!]![product]!);
    }
    if (quantity > 0) {
      at = put(out, at, QUANTITY);
      out[at++] = ZERO + quantity;
    }
    if ((sender & SENDER.hasUserAgent) !== 0) {
      const device = profile.devices[deviceOf(traits)]?.name;
      const text = userAgentOf(visitor, device, (sender & SENDER.isRobot) !== 0);
      at = put(out, put(out, at, USER_AGENT), bytesOf(text));
      out[at++] = QUOTE;
    }
    return at;
  };
}

/** The addresses of all pages by their kind, with the quote that ends them; empty for none. */
function listPages({ catalogue }: Shop): Uint8Array[][] {
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
  const pages: Uint8Array[][] = [];
  for (const [name, count] of Object.entries(counts)) {
    const kind = PAGE[name as keyof typeof PAGE];
    pages[kind] = Array.from({ length: count }, (_, detail) => {
      const address = addressOf(catalogue, pageOf(kind, detail));
      return address === '' ? NOTHING : bytesOf(`${address}"`);
    });
  }
  return pages;
}

function put(out: Uint8Array, at: number, text: Uint8Array): number {
  for (let index = 0; index < text.length; index++) {
    out[at + index] = text[index]!;
  }
  return at + text.length;
}

/** The digits of a number, zeros in front. */
function putDigits(out: Uint8Array, at: number, value: number, count: number): number {
  let rest = value;
  for (let index = at + count - 1; index >= at; index--) {
    const tens = Math.floor(rest / 10);
    out[index] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return at + count;
}

const HEX_DIGITS = bytesOf('0123456789abcdef');

/** Eight hexadecimal digits, or fewer from bit `fromBit` down to `toBit`. */
function putHex(out: Uint8Array, start: number, word: number, fromBit = 28, toBit = 0): number {
  let at = start;
  for (let bit = fromBit; bit >= toBit; bit -= 4) {
    out[at++] = HEX_DIGITS[(word >>> bit) & 15]!;
  }
  return at;
}

function putUuid(out: Uint8Array, start: number, words: Int32Array): number {
  let at = putHex(out, start, words[0]!);
  out[at++] = DASH;
  at = putHex(out, at, words[1]!, 28, 16);
  out[at++] = DASH;
  at = putHex(out, at, words[1]!, 12, 0);
  out[at++] = DASH;
  at = putHex(out, at, words[2]!, 28, 16);
  out[at++] = DASH;
  at = putHex(out, at, words[2]!, 12, 0);
  return putHex(out, at, words[3]!);
}

/** The last date asked for: lines come mostly in the order of time. */
let lastDate = { date: 0, text: bytesOf('1970-01-01') };

/** As `formatTimestamp`, with the quote that ends it. */
function putInstant(
  out: Uint8Array,
  start: number,
  shownUs: number,
  isMicroseconds: boolean,
): number {
  const ms = Math.floor(shownUs / 1_000);
  const date = Math.floor(ms / DAY_MS);
  if (date !== lastDate.date) {
    lastDate = { date, text: bytesOf(formatDate(date)) };
  }
  const msOfDay = ms - date * DAY_MS;
  const seconds = Math.floor(msOfDay / 1_000);
  const minutes = Math.floor(seconds / 60);
  let at = put(out, start, lastDate.text);
  out[at++] = LETTER_T;
  at = putDigits(out, at, Math.floor(minutes / 60), 2);
  out[at++] = COLON;
  at = putDigits(out, at, minutes % 60, 2);
  out[at++] = COLON;
  at = putDigits(out, at, seconds % 60, 2);
  out[at++] = POINT;
  at = putDigits(out, at, msOfDay % 1_000, 3);
  if (isMicroseconds) {
    at = putDigits(out, at, shownUs - ms * 1_000, 3);
  }
  out[at++] = LETTER_Z;
  out[at++] = QUOTE;
  return at;
}
