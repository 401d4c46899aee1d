/**
 * What becomes of one line: the event contract (docs/accepted-input.md) in plain code, written apart
 * from the SQL models so that each can be checked against the other.
 */
import { expandExponent, parseHundredths, parseInt32 } from './decimal-text.ts';
import { parseInstant } from './instant.ts';
import { type JsonMember, readJsonLine } from './json-line.ts';

/** The contract columns of `silver_events`, under their names there. */
export interface ContractEvent {
  event_id: string;
  user_id: string;
  session_id: string;
  event_type: string;
  product_id: string | null;
  device: string | null;
  country: string | null;
  /** Microseconds since the epoch. */
  event_timestamp: bigint;
  page_url: string | null;
  referrer: string | null;
  order_id: string | null;
  currency: string | null;
  quantity: number | null;
  /** Hundredths of the currency's unit. */
  price: bigint | null;
}

/** What a shop's configuration says about its events. */
export interface EventRules {
  eventTypes: ReadonlySet<string>;
  /** Lower-case spelling -> the type it stands for. */
  aliases: ReadonlyMap<string, string>;
  /** Declared columns beyond the contract: their fields are not unknown. */
  extraColumns: ReadonlySet<string>;
}

export interface LineContext {
  receivedAtMicros: bigint;
  /** A byte-order mark at the start of the line is the file's, not the line's. */
  isFirstLineOfFile: boolean;
}

export type LineVerdict =
  | { kind: 'blank' }
  /** `unknownFields`: undeclared names, each once; empty when the line is not a JSON object. */
  | { kind: 'quarantined'; reason: string; unknownFields: string[] }
  | {
      kind: 'event';
      event: ContractEvent;
      /** Sent, but not such a number, and therefore null. */
      unreadable: { quantity: boolean; price: boolean };
      unknownFields: string[];
    };

/** In contract order, which is the order in which `wrong_type` is looked for. */
const FIELDS = [
  'event_id',
  'user_id',
  'session_id',
  'event_type',
  'product_id',
  'device',
  'country',
  'event_timestamp',
  'page_url',
  'referrer',
  'order_id',
  'currency',
  'quantity',
  'price',
] as const;

const FIELD_INDEX: ReadonlyMap<string, number> = new Map(
  FIELDS.map((name, index) => [name, index]),
);
const EARLIEST_MICROS = 946_684_800_000_000n;
const DAY_MICROS = 86_400_000_000n;
/** Shared by the many lines without undeclared fields; never changed. */
const NO_FIELDS: string[] = [];
const BLANK: LineVerdict = { kind: 'blank' };

/** Judges a line, given without its line feed. Everything but a conflicting event_id is told here. */
export function classifyLine(line: Buffer, context: LineContext, rules: EventRules): LineVerdict {
  if (isBlank(line)) return BLANK;
  const json = readJsonLine(context.isFirstLineOfFile ? withoutByteOrderMark(line) : line);
  if (json.kind !== 'object') {
    return { kind: 'quarantined', reason: json.kind, unknownFields: NO_FIELDS };
  }
  const fields: (JsonMember | undefined)[] = new Array(FIELDS.length);
  const unknownFields = sortMembers(json.members, fields, rules.extraColumns);
  for (let index = 0; index < FIELDS.length; index += 1) {
    if (fields[index]?.type === 'container') {
      return { kind: 'quarantined', reason: `wrong_type:${FIELDS[index]}`, unknownFields };
    }
  }
  return judgeFields(fields, unknownFields, context, rules);
}

/** Puts the first of each contract field in its place and returns the undeclared names. */
function sortMembers(
  members: readonly JsonMember[],
  fields: (JsonMember | undefined)[],
  extraColumns: ReadonlySet<string>,
): string[] {
  let unknown = NO_FIELDS;
  for (const member of members) {
    const index = FIELD_INDEX.get(member.key);
    if (index !== undefined) fields[index] ??= member;
    else if (!extraColumns.has(member.key)) {
      if (unknown === NO_FIELDS) unknown = [];
      unknown.push(member.key);
    }
  }
  return unknown.length < 2 ? unknown : [...new Set(unknown)];
}

function judgeFields(
  fields: readonly (JsonMember | undefined)[],
  unknownFields: string[],
  context: LineContext,
  rules: EventRules,
): LineVerdict {
  const quarantined = (reason: string): LineVerdict => ({
    kind: 'quarantined',
    reason,
    unknownFields,
  });
  const event_id = keptText(fields[0]);
  if (event_id === null) return quarantined('missing:event_id');
  const user_id = keptText(fields[1]);
  if (user_id === null) return quarantined('missing:user_id');
  const session_id = keptText(fields[2]);
  if (session_id === null) return quarantined('missing:session_id');
  const typeText = trimmedText(fields[3]);
  if (typeText === null) return quarantined('missing:event_type');
  const timestampText = numericText(fields[7]);
  if (timestampText === null) return quarantined('missing:event_timestamp');
  const event_type = canonicalType(lowerAscii(typeText), rules);
  const product_id = keptText(fields[4]);
  if (product_id === null && event_type === 'product_view') {
    return quarantined('missing:product_id');
  }
  if (event_type === undefined) return quarantined('unknown_event_type');
  const event_timestamp = parseInstant(timestampText);
  if (event_timestamp === undefined) return quarantined('bad_timestamp');
  if (
    event_timestamp < EARLIEST_MICROS ||
    event_timestamp > context.receivedAtMicros + DAY_MICROS
  ) {
    return quarantined('timestamp_out_of_range');
  }
  const device = trimmedText(fields[5]);
  const country = trimmedText(fields[6]);
  const quantityText = numericText(fields[12]);
  const priceText = numericText(fields[13]);
  const quantity = quantityText === null ? null : (parseInt32(quantityText) ?? null);
  const price = priceText === null ? null : (parseHundredths(priceText) ?? null);
  return {
    kind: 'event',
    event: {
      event_id,
      user_id,
      session_id,
      event_type,
      product_id,
      device: device === null ? null : lowerAscii(device),
      country: country === null ? null : upperAscii(country),
      event_timestamp,
      page_url: keptText(fields[8]),
      referrer: keptText(fields[9]),
      order_id: keptText(fields[10]),
      currency: keptText(fields[11]),
      quantity,
      price,
    },
    unreadable: {
      quantity: quantityText !== null && quantity === null,
      price: priceText !== null && price === null,
    },
    unknownFields,
  };
}

function canonicalType(name: string, rules: EventRules): string | undefined {
  const type = rules.aliases.get(name) ?? name;
  return rules.eventTypes.has(type) ? type : undefined;
}

/** The text as sent; null when there is none or it is only ASCII white space. */
function keptText(member: JsonMember | undefined): string | null {
  if (member === undefined || member.type === 'null') return null;
  const { text } = member;
  return text.charCodeAt(0) > 0x20 || trimAscii(text) !== '' ? text : null;
}

/** The text without the ASCII white space around it; null when nothing is left. */
function trimmedText(member: JsonMember | undefined): string | null {
  if (member === undefined || member.type === 'null') return null;
  const text = trimAscii(member.text);
  return text === '' ? null : text;
}

/** The same for fields read by value: a JSON number's exponent counts. */
function numericText(member: JsonMember | undefined): string | null {
  return member?.type === 'number' ? expandExponent(member.text) : trimmedText(member);
}

function trimAscii(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isWhiteSpace(text.charCodeAt(end - 1))) end -= 1;
  return end - start === text.length ? text : text.slice(start, end);
}

function isWhiteSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function lowerAscii(text: string): string {
  return hasLetters(text, 0x41)
    ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : text;
}

function upperAscii(text: string): string {
  return hasLetters(text, 0x61)
    ? text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
    : text;
}

/** One of the 26 letters from `first` on. */
function hasLetters(text: string, first: number): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= first && code < first + 26) return true;
  }
  return false;
}

function isBlank(line: Buffer): boolean {
  for (let at = 0; at < line.length; at += 1) {
    if (!isWhiteSpace(line[at]!)) return false;
  }
  return true;
}

function withoutByteOrderMark(line: Buffer): Buffer {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}
