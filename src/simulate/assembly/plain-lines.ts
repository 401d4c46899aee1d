/**
 * Writes records (../records.ts) as lines, as long as they are spelled the plain way. Compiled to
 * WebAssembly by `npm run generate`; ../plain-lines.ts is its other half, and lays the texts of which lines
 * are made into the memory.
 */
import { mix, scrambleWord, setEventId, setVisitId, word0, word1, word2, word3 } from './hash';
import { putByte, putHexPair, putInstant, putTenDigits, putText, putUuid } from './put';

/** Where the numbers of a record lie, in bytes, as `FIELD` has them. */
const VISITOR = 0;
const ACT = 4;
const TRAITS = 8;
const PRODUCT = 12;
const PRICE_CENTS = 16;
const QUANTITY_ORDER = 20;
const PAGE = 24;
const REFERRER = 28;
const RECORD_BYTES = 32;
const STEP_SPAN: i32 = 1024;

const NO_PRODUCT: i32 = -1;
const PRICE_NONE: i32 = -1;
const PRICE_UNREADABLE: i32 = -2;
const QUANTITY_UNREADABLE: i32 = 255;
const USER_ID_BASE: u64 = 1_000_000_000;

/** Tables of texts; the numbers are the host's, too. The pages of each kind have one, behind the others. */
const OPENINGS = 0;
const TYPES = 1;
const DEVICES = 2;
const COUNTRIES = 3;
const PRODUCTS = 4;
const PRICES = 5;
const EXTRAS = 6;
const PAGES = 7;
const MAX_TABLES = 32;

/** Of `OPENINGS`. */
const OPEN_EVENT = 0;
const OPEN_USER = 1;
const OPEN_SESSION = 2;
const OPEN_TIME = 3;
const OPEN_PAGE = 4;
const OPEN_REFERRER = 5;
const OPEN_ORDER = 6;
const OPEN_QUANTITY = 7;

const QUOTE: u32 = 0x22;
const ZERO: u32 = 0x30;
const LETTER_G: u32 = 0x67;
const CLOSE_BRACE: u32 = 0x7d;
const LF: u32 = 0x0a;

const tables: usize = memory.data(MAX_TABLES * 4, 16);

let eventKey: i32 = 0;
let userKey: i32 = 0;
let sessionKey: i32 = 0;
let orderKey: i32 = 0;
let accountKey: i32 = 0;
let lineKey: i32 = 0;
let respelledLimit: f64 = 0;
let extraLimit: f64 = 0;
let extraCount: i32 = 0;

let next: i32 = 0;
let isToRespell: bool = false;

/** Says where the addresses of a table's texts lie. */
export function placeTable(table: i32, address: usize): void {
  store<u32>(tables + (table << 2), <u32>address);
}

export function setKeys(
  event: i32,
  user: i32,
  session: i32,
  order: i32,
  account: i32,
  line: i32,
): void {
  eventKey = event;
  userKey = user;
  sessionKey = session;
  orderKey = order;
  accountKey = account;
  lineKey = line;
}

/** A line is respelled when its random number is below the first, and has extra fields below the second. */
export function setLimits(respelled: f64, extra: f64, extras: i32): void {
  respelledLimit = respelled;
  extraLimit = extra;
  extraCount = extras;
}

/** The record that `writeLines` has ended at, and whether that is because it is to be respelled. */
export function nextRecord(): i32 {
  return next;
}

export function isRespelled(): bool {
  return isToRespell;
}

/**
 * Writes the lines of the records from `from` to before `to`, up to the first that is not plain; returns
 * where it ended. `instants`: of each record 64 bits, microseconds since the epoch.
 */
export function writeLines(records: usize, instants: usize, from: i32, to: i32, out: usize): usize {
  let at = out;
  isToRespell = false;
  for (next = from; next < to; next++) {
    const record = records + next * RECORD_BYTES;
    setEventId(eventKey, load<i32>(record, VISITOR), load<i32>(record, ACT));
    // The id is a hash already; what is drawn here must only differ from its digits.
    const random = mix(word0 ^ lineKey);
    isToRespell = <f64>(<u32>random) < respelledLimit;
    if (isToRespell || isOdd(record)) break;
    at = putEvent(at, record, load<f64>(instants + (next << 3)));
    if (<f64>(<u32>random) < extraLimit) {
      at = putText(at, textOf(EXTRAS, pick(mix(random), extraCount)));
    }
    at = putByte(putByte(at, CLOSE_BRACE), LF);
  }
  return at;
}

/** Lines that are to differ, and lines whose numbers are not numbers. */
function isOdd(record: usize): bool {
  return (
    load<u16>(record, TRAITS + 2) !== 0 ||
    load<i32>(record, PRICE_CENTS) === PRICE_UNREADABLE ||
    (load<i32>(record, QUANTITY_ORDER) & 255) === QUANTITY_UNREADABLE
  );
}

/** A line without its closing brace; the words are those of its event id. */
function putEvent(out: usize, record: usize, instantUs: f64): usize {
  const visitor = load<i32>(record, VISITOR);
  const visit = load<i32>(record, ACT) / STEP_SPAN;
  const traits = load<i32>(record, TRAITS);
  const product = load<i32>(record, PRODUCT);
  let at = putText(out, textOf(OPENINGS, OPEN_EVENT));
  at = putUuid(at, word0, word1, word2, word3);
  at = putText(at, textOf(OPENINGS, OPEN_USER));
  at = putUser(at, visitor, (traits & (1 << 14)) !== 0 ? visit : -1);
  at = putText(at, textOf(OPENINGS, OPEN_SESSION));
  at = putVisitId(at, sessionKey, visitor, visit);
  at = putText(at, textOf(TYPES, traits & 7));
  if (product !== NO_PRODUCT) at = putText(at, textOf(PRODUCTS, product));
  at = putText(at, textOf(DEVICES, (traits >> 3) & 7));
  at = putText(at, textOf(COUNTRIES, (traits >> 6) & 255));
  at = putText(at, textOf(OPENINGS, OPEN_TIME));
  at = putInstant(at, instantUs, (traits & (1 << 15)) !== 0);
  at = putByte(at, QUOTE);
  at = putAddress(at, OPEN_PAGE, load<i32>(record, PAGE));
  at = putAddress(at, OPEN_REFERRER, load<i32>(record, REFERRER));
  const orderStep = (load<i32>(record, QUANTITY_ORDER) >> 8) - 1;
  if (orderStep >= 0) {
    at = putText(at, textOf(OPENINGS, OPEN_ORDER));
    at = putVisitId(at, orderKey, visitor, visit * STEP_SPAN + orderStep);
    at = putByte(at, QUOTE);
  }
  if (load<i32>(record, PRICE_CENTS) !== PRICE_NONE) at = putText(at, textOf(PRICES, product));
  const quantity = load<i32>(record, QUANTITY_ORDER) & 255;
  if (quantity > 0) {
    at = putText(at, textOf(OPENINGS, OPEN_QUANTITY));
    at = putByte(at, ZERO + quantity);
  }
  return at;
}

/** Who the visitor is; from 0 on `account` says in which visit somebody else's account is used. */
function putUser(at: usize, visitor: i32, account: i32): usize {
  return account < 0
    ? putTenDigits(at, USER_ID_BASE + <u64>scrambleWord(visitor, userKey))
    : putVisitId(putByte(at, LETTER_G), accountKey, visitor, account);
}

function putVisitId(at: usize, key: i32, visitor: i32, number: i32): usize {
  setVisitId(key, visitor, number);
  return putHexPair(at, word0, word1);
}

/** The field of a page's address; nothing where the page has none. */
function putAddress(at: usize, opening: i32, page: i32): usize {
  const text = textOf(PAGES + (page >>> 24), page & 0xffffff);
  return load<u32>(text) === 0 ? at : putText(putText(at, textOf(OPENINGS, opening)), text);
}

function textOf(table: i32, index: i32): usize {
  const addresses = <usize>load<u32>(tables + (table << 2));
  return <usize>load<u32>(addresses + (index << 2));
}

/** A whole number from 0 to `count - 1` out of a random one. */
function pick(random: i32, count: i32): i32 {
  return <i32>((<u64>(<u32>random) * <u64>count) >> 32);
}
