/**
 * A line as a list of fields, for every line that is not written the plain way. Slower than
 * `line-writer.ts` by an order of magnitude, and for the same plain line the same text.
 */
import {
  EVENT_TYPES,
  NO_PRODUCT,
  PRICE_NONE,
  PRICE_UNREADABLE,
  QUANTITY_OMITTED,
  QUANTITY_UNREADABLE,
} from './events.ts';
import {
  eventIdWords,
  formatUuid,
  hexWord,
  type IdentityKeys,
  userNumber,
  visitIdWords,
} from './identity.ts';
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
import type { Shop } from './shop.ts';

export interface Field {
  name: string;
  /** JSON text. */
  value: string;
}

/** A line's fields and the facts behind them, which other spellings are made of. */
export interface LineFacts {
  fields: Field[];
  type: number;
  shownUs: number;
  priceCents: number;
  quantity: number;
}

export function describeLine(
  shop: Shop,
  keys: IdentityKeys,
  records: Records,
  index: number,
): LineFacts {
  const at = index * RECORD_INTS;
  const int = (field: number) => records.ints[at + field]!;
  const traits = int(FIELD.traits);
  const shownUs = records.shownUs[index]!;
  const product = int(FIELD.product);
  const priceCents = int(FIELD.priceCents);
  const quantity = int(FIELD.quantityOrder) & 255;
  const device = shop.profile.devices[deviceOf(traits)]?.name;
  const country = shop.profile.countries[countryOf(traits)]?.code;
  const referrer = addressOf(shop.catalogue, int(FIELD.referrer));
  const ids = identify(keys, int);
  const fields: (Field | undefined)[] = [
    text('event_id', ids.event),
    text('user_id', ids.user),
    text('session_id', ids.session),
    text('event_type', EVENT_TYPES[typeOf(traits)]),
    text('product_id', product === NO_PRODUCT ? undefined : shop.catalogue.productIds[product]),
    text('device', device),
    text('country', country),
    text('event_timestamp', formatTimestamp(shownUs, countsMicroseconds(traits))),
    text('page_url', addressOf(shop.catalogue, int(FIELD.page))),
    text('referrer', referrer === '' ? undefined : referrer),
    text('order_id', ids.order),
    text('currency', priceCents === PRICE_NONE ? undefined : shop.profile.currency),
    number('price', priceText(priceCents)),
    number('quantity', quantityText(quantity)),
  ];
  return {
    fields: fields.filter((field) => field !== undefined),
    type: typeOf(traits),
    shownUs,
    priceCents,
    quantity,
  };
}

function identify(
  keys: IdentityKeys,
  int: (field: number) => number,
): { event: string; user: string; session: string; order: string | undefined } {
  const words = new Int32Array(4);
  const visitor = int(FIELD.visitor);
  const act = int(FIELD.act);
  const visitNumber = Math.floor(act / STEP_SPAN);
  const ofVisit = (key: number, number: number) => {
    visitIdWords(key, visitor, number, words);
    return hexWord(words[0]!) + hexWord(words[1]!);
  };
  eventIdWords(keys, visitor, act, words);
  const event = formatUuid(words);
  const orderStep = (int(FIELD.quantityOrder) >> 8) - 1;
  return {
    event,
    user: isOtherAccount(int(FIELD.traits))
      ? `g${ofVisit(keys.account, visitNumber)}`
      : String(userNumber(keys, visitor)),
    session: ofVisit(keys.session, visitNumber),
    order:
      orderStep < 0 ? undefined : `ORD-${ofVisit(keys.order, visitNumber * STEP_SPAN + orderStep)}`,
  };
}

/** `2026-01-05T12:34:56.789Z`, with three more digits from a client that counts microseconds. */
export function formatTimestamp(shownUs: number, isMicroseconds: boolean): string {
  const ms = Math.floor(shownUs / 1_000);
  const iso = new Date(ms).toISOString();
  if (!isMicroseconds) {
    return iso;
  }
  return `${iso.slice(0, -1)}${String(shownUs - ms * 1_000).padStart(3, '0')}Z`;
}

/** Cents as a decimal number, `35.90`; undefined for none. */
export function priceText(priceCents: number): string | undefined {
  if (priceCents === PRICE_NONE) {
    return undefined;
  }
  return priceCents === PRICE_UNREADABLE ? '"on request"' : (priceCents / 100).toFixed(2);
}

function quantityText(quantity: number): string | undefined {
  if (quantity === QUANTITY_OMITTED) {
    return undefined;
  }
  return quantity === QUANTITY_UNREADABLE ? '"some"' : String(quantity);
}

function text(name: string, value: string | undefined): Field | undefined {
  return value === undefined ? undefined : { name, value: JSON.stringify(value) };
}

function number(name: string, value: string | undefined): Field | undefined {
  return value === undefined ? undefined : { name, value };
}

/** The fields as one object, without white space unless a style asks for it. */
export function joinFields(
  fields: readonly Field[],
  style: { open: string; colon: string; comma: string; close: string } = COMPACT,
): string {
  const members = fields.map(({ name, value }) => `"${name}"${style.colon}${value}`);
  return `${style.open}${members.join(style.comma)}${style.close}`;
}

const COMPACT = { open: '{', colon: ':', comma: ',', close: '}' };
