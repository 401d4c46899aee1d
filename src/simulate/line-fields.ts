/** A line as a list of fields, for every line that is respelled or spoiled (else: plain-line.ts). */

import { MAX_ITEMS, productOfItem, quantityOfItem } from './acts.ts';
import { CATEGORIES } from './catalogue.ts';
import { formatDate } from './day-truth.ts';
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
  formatUserId,
  formatUuid,
  formatVisitId,
  type IdentityKeys,
} from './identity.ts';
import { DAY_MS } from './options.ts';
import { orderAmounts } from './order-amounts.ts';
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

/** Describes lines one after the other; remembers the pages' addresses. */
export function createLineDescriber(
  shop: Shop,
  keys: IdentityKeys,
): (records: Records, index: number) => LineFacts {
  const { profile, catalogue, currencies } = shop;
  const types = EVENT_TYPES.map(quote);
  const devices = profile.devices.map(({ name }) => quote(name));
  const countries = profile.countries.map(({ code }) => quote(code));
  const addresses = new Map<number, string | undefined>();
  const address = (page: number): string | undefined => {
    if (!addresses.has(page)) {
      const text = addressOf(catalogue, page);
      addresses.set(page, text === '' ? undefined : quote(text));
    }
    return addresses.get(page);
  };
  return (records, index) => {
    const at = index * RECORD_INTS;
    const int = (field: number) => records.ints[at + field]!;
    const traits = int(FIELD.traits);
    const shownUs = records.shownUs[index]!;
    const product = int(FIELD.product);
    const priceCents = int(FIELD.priceCents);
    const quantity = int(FIELD.quantityOrder) & 255;
    const ids = identify(keys, int);
    const has = (bit: number) => (int(FIELD.sender) & bit) !== 0;
    const fields: Field[] = [];
    const add = (name: string, value: string | undefined) => {
      if (value !== undefined) {
        fields.push({ name, value });
      }
    };
    add('event_id', quote(ids.event));
    add('user_id', has(SENDER.hasNoUser) ? undefined : quote(ids.user));
    add('anonymous_id', has(SENDER.hasDevice) ? quote(ids.device) : undefined);
    add('session_id', has(SENDER.hasNoSession) ? undefined : quote(ids.session));
    add('event_type', types[typeOf(traits)]);
    add('product_id', product === NO_PRODUCT ? undefined : quote(catalogue.productIds[product]!));
    add('device', devices[deviceOf(traits)]);
    add('country', countries[countryOf(traits)]);
    add('event_timestamp', quote(formatTimestamp(shownUs, countsMicroseconds(traits))));
    add('page_url', address(int(FIELD.page)));
    add('referrer', address(int(FIELD.referrer)));
    add('order_id', ids.order === undefined ? undefined : quote(ids.order));
    const currency = currencies.ofCountry[countryOf(traits)]!;
    const first = at + FIELD.items;
    const items = records.ints.subarray(first, first + MAX_ITEMS).filter((item) => item > 0);
    const hasAmounts = priceCents !== PRICE_NONE || items.length > 0;
    add('currency', hasAmounts ? quote(currencies.codes[currency]!) : undefined);
    add('price', priceText(priceCents));
    add('quantity', quantityText(quantity));
    fields.push(...orderFields(shop, currency, items));
    const device = profile.devices[deviceOf(traits)]?.name;
    const userAgent = userAgentOf(int(FIELD.visitor), device, has(SENDER.isRobot));
    add('user_agent', has(SENDER.hasUserAgent) ? quote(userAgent) : undefined);
    return { fields, type: typeOf(traits), shownUs, priceCents, quantity };
  };
}

/** The amounts of a whole order, and its lines. */
function orderFields(
  { catalogue, currencies }: Shop,
  currency: number,
  items: Int32Array,
): Field[] {
  if (items.length === 0) {
    return [];
  }
  const prices = currencies.priceCents[currency]!;
  const texts: string[] = [];
  let linesCents = 0;
  for (const item of items) {
    const product = productOfItem(item);
    const quantity = quantityOfItem(item);
    const price = prices[product]!;
    linesCents += price * (quantity === QUANTITY_OMITTED ? 1 : quantity);
    const members = [
      { name: 'product_id', value: quote(catalogue.productIds[product]!) },
      { name: 'name', value: quote(catalogue.names[product]!) },
      { name: 'category', value: quote(CATEGORIES[catalogue.categories[product]!]!.name) },
      { name: 'price', value: priceText(price)! },
      { name: 'quantity', value: quantityText(quantity) },
    ];
    texts.push(joinFields(members.filter((member): member is Field => member.value !== undefined)));
  }
  const { valueCents, taxCents, shippingCents, discountCents } = orderAmounts(
    linesCents,
    items.length,
    currencies.unitCents[currency]!,
  );
  return [
    { name: 'order_value', value: priceText(valueCents)! },
    { name: 'tax', value: priceText(taxCents)! },
    { name: 'shipping', value: priceText(shippingCents)! },
    { name: 'discount', value: priceText(discountCents)! },
    { name: 'items', value: `[${texts.join(',')}]` },
  ];
}

/** A JSON string; nothing among the plain values needs an escape. */
function quote(text: string): string {
  return `"${text}"`;
}

function identify(
  keys: IdentityKeys,
  int: (field: number) => number,
): { event: string; user: string; device: string; session: string; order: string | undefined } {
  const words = new Int32Array(4);
  const visitor = int(FIELD.visitor);
  const act = int(FIELD.act);
  const visitNumber = Math.floor(act / STEP_SPAN);
  const sender = int(FIELD.sender);
  const ofVisit = (key: number, number: number) => formatVisitId(key, visitor, number);
  eventIdWords(keys, visitor, act, words);
  const event = formatUuid(words);
  const orderStep = (int(FIELD.quantityOrder) >> 8) - 1;
  return {
    event,
    user: formatUserId(keys, visitor, visitNumber, isOtherAccount(int(FIELD.traits))),
    device: formatVisitId(keys.device, deviceOwner(visitor, sender), deviceNumber(sender)),
    session: ofVisit(keys.session, visitNumber),
    order:
      orderStep < 0 ? undefined : `ORD-${ofVisit(keys.order, visitNumber * STEP_SPAN + orderStep)}`,
  };
}

/** `2026-01-05T12:34:56.789Z`, with three more digits from a client that counts microseconds. */
export function formatTimestamp(shownUs: number, isMicroseconds: boolean): string {
  const ms = Math.floor(shownUs / 1_000);
  const date = Math.floor(ms / DAY_MS);
  const msOfDay = ms - date * DAY_MS;
  const secondOfDay = Math.floor(msOfDay / 1_000);
  const minuteOfDay = Math.floor(secondOfDay / 60);
  const hour = twoDigits(Math.floor(minuteOfDay / 60));
  const time = `${hour}:${twoDigits(minuteOfDay % 60)}:${twoDigits(secondOfDay % 60)}`;
  const micros = isMicroseconds ? threeDigits(shownUs - ms * 1_000) : '';
  return `${dateText(date)}T${time}.${threeDigits(msOfDay % 1_000)}${micros}Z`;
}

/** The last date asked for: lines come mostly in the order of time, and a `Date` is slow to make. */
let lastDate = { date: 0, text: '1970-01-01' };

function dateText(date: number): string {
  if (date !== lastDate.date) {
    lastDate = { date, text: formatDate(date) };
  }
  return lastDate.text;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function threeDigits(value: number): string {
  return value < 100 ? `0${twoDigits(value)}` : `${value}`;
}

/** Cents as a decimal number, `35.90`; undefined for none. */
export function priceText(priceCents: number): string | undefined {
  if (priceCents === PRICE_NONE) {
    return undefined;
  }
  return priceCents === PRICE_UNREADABLE
    ? '"on request"'
    : `${Math.floor(priceCents / 100)}.${twoDigits(priceCents % 100)}`;
}

function quantityText(quantity: number): string | undefined {
  if (quantity === QUANTITY_OMITTED) {
    return undefined;
  }
  return quantity === QUANTITY_UNREADABLE ? '"some"' : String(quantity);
}

/** The fields as one object, without white space unless a style asks for it. */
export function joinFields(
  fields: readonly Field[],
  style: { open: string; colon: string; comma: string; close: string } = COMPACT,
): string {
  let text = style.open;
  for (let i = 0; i < fields.length; i++) {
    const { name, value } = fields[i]!;
    text += `${i === 0 ? '' : style.comma}"${name}"${style.colon}${value}`;
  }
  return text + style.close;
}

const COMPACT = { open: '{', colon: ':', comma: ',', close: '}' };
