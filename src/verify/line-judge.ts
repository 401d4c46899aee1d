/**
 * Judges one line by the event contract (docs/accepted-input.md). Written separately from the SQL
 * models and the run's readers, so that each can be checked against the other.
 */
import { FIELD_NAMES, type FieldName } from '../contract/fields.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { expandExponent, parseHundredths, parseInt32 } from './decimal-text.ts';
import { parseInstant } from './instant.ts';
import { type MemberSink, OPEN_BRACE, OPEN_BRACKET, QUOTE, readJsonLine } from './json-line.ts';
import { type KnownNames, knownNames } from './known-names.ts';
import { type MappedItem, readMapped } from './mapped-fields.ts';
import { readUrlFields } from './url-fields.ts';

/** The settings of the shop that apply to events. */
export interface EventRules {
  eventTypes: ReadonlySet<string>;
  /** From lower-case spelling to event type. */
  aliases: ReadonlyMap<string, string>;
  /** The mapping of the records; undefined: they have the contract's own names. */
  mapping?: Mapping;
}

export interface Line {
  bytes: Buffer;
  start: number;
  /** The position of the LF after the line. */
  end: number;
  /** Whether the line is UTF-8. */
  isText: boolean;
  /** True if a byte-order mark at the start of the line belongs to the file. */
  isFirstOfFile: boolean;
  receivedAtMicros: bigint;
}

export type Verdict =
  | { kind: 'blank' }
  | { kind: 'quarantined'; reason: string }
  /** The mapping of its source ignores such events. */
  | { kind: 'ignored' }
  /** The line is an event; the judge has its fields. */
  | { kind: 'event' };

const BLANK: Verdict = { kind: 'blank' };
const IGNORED: Verdict = { kind: 'ignored' };
const EVENT: Verdict = { kind: 'event' };

/** For each reason, one of the fields is required. */
const REQUIRED = [
  { reason: 'event_id', names: ['event_id'] },
  { reason: 'user_id', names: ['user_id', 'anonymous_id', 'session_id'] },
  { reason: 'event_type', names: ['event_type'] },
  { reason: 'event_timestamp', names: ['event_timestamp'] },
] as const;
/** Amounts of money. */
const AMOUNTS = ['price', 'order_value', 'tax', 'shipping', 'discount'] as const;
export type AmountName = (typeof AMOUNTS)[number];
/** Events of this type need a product. */
const NEEDS_PRODUCT = 'product_view';
const EARLIEST_MICROS = 946_684_800_000_000n;
const DAY_MICROS = 86_400_000_000n;

/** The JSON form of a field's value. */
type ValueKind = 'absent' | 'null' | 'text' | 'number' | 'container';

/**
 * The position of a field's text. It stays bytes, because millions of lines are judged. `start` is
 * -1 if there is no text, or only ASCII white space.
 */
export class FieldText {
  kind: ValueKind = 'absent';
  bytes: Buffer = Buffer.alloc(0);
  start = -1;
  end = -1;

  clear(): void {
    this.kind = 'absent';
    this.start = -1;
  }

  set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = isBlank(bytes, start, end) ? -1 : start;
    this.end = end;
  }

  /** Start and end of the text without ASCII white space around it. */
  trimmedStart(): number {
    let at = this.start;
    if (at !== -1) {
      while (isWhiteSpace(this.bytes[at])) {
        at += 1;
      }
    }
    return at;
  }

  trimmedEnd(): number {
    let at = this.end;
    if (this.start !== -1) {
      while (isWhiteSpace(this.bytes[at - 1])) {
        at -= 1;
      }
    }
    return at;
  }

  /**
   * The text of a field that is read as a number, with a JSON number's exponent expanded. Reads
   * ASCII only.
   */
  numericText(): string | undefined {
    if (this.start === -1) {
      return undefined;
    }
    const text = this.bytes.toString('latin1', this.trimmedStart(), this.trimmedEnd());
    return this.kind === 'number' ? expandExponent(text) : text;
  }
}

/** Judges lines one after the other. The fields of a line are valid until the next. */
export class LineJudge implements MemberSink {
  readonly fields = newFields();
  eventType = '';
  /** Microseconds since the epoch. */
  timestamp = 0n;
  quantity: number | null = null;
  /** In hundredths of the currency unit. */
  readonly amounts: Record<AmountName, bigint | null> = {
    price: null,
    order_value: null,
    tax: null,
    shipping: null,
    discount: null,
  };

  #bytes: Buffer = Buffer.alloc(0);
  /** In contract order. */
  readonly #fieldList = FIELD_NAMES.map((name) => this.fields[name]);
  readonly #fieldNames = knownNames(FIELD_NAMES);
  readonly #typeNames: KnownNames;
  /** The event types of the type names. */
  readonly #types: string[];

  readonly #mapping: Mapping | undefined;
  /** The items of the event. */
  items: readonly MappedItem[] = [];

  constructor(rules: EventRules) {
    const { eventTypes, aliases, mapping } = rules;
    this.#mapping = mapping;
    const names = new Map([
      ...aliases,
      ...(mapping?.eventTypes ?? []),
      ...[...eventTypes].map((type) => [type, type] as const),
    ]);
    this.#typeNames = knownNames([...names.keys()]);
    const isKnown = (type: string) => eventTypes.has(type) || mapping?.keepsUnknownTypes === true;
    this.#types = [...names.values()].map((type) => (isKnown(type) ? type : ''));
  }

  /** Judges everything except conflicting event ids. */
  judge(line: Line): Verdict {
    const { bytes, start, end } = line;
    if (isBlank(bytes, start, end)) {
      return BLANK;
    }
    if (!line.isText) {
      return quarantined('not_utf8');
    }
    this.#bytes = bytes;
    for (const field of this.#fieldList) {
      field.clear();
    }
    const from = line.isFirstOfFile && hasByteOrderMark(bytes, start) ? start + 3 : start;
    const kind = readJsonLine(bytes, from, end, this);
    if (kind !== 'object') {
      return quarantined(kind);
    }
    if (this.#mapping !== undefined) {
      this.items = readMapped(this.#mapping, this.fields, bytes.toString('utf8', from, end));
    }
    const wrong = this.#fieldList.findIndex((field) => field.kind === 'container');
    return wrong === -1 ? this.#judgeFields(line) : quarantined(`wrong_type:${FIELD_NAMES[wrong]}`);
  }

  member(
    keyStart: number,
    keyEnd: number,
    isKeyEscaped: boolean,
    valueStart: number,
    valueEnd: number,
    isValueEscaped: boolean,
  ): void {
    const bytes = this.#bytes;
    const key = isKeyEscaped ? unescaped(bytes, keyStart, keyEnd) : bytes;
    const field =
      this.#fieldList[
        key === bytes
          ? this.#fieldNames.find(key, keyStart + 1, keyEnd - 1)
          : this.#fieldNames.find(key, 0, key.length)
      ];
    // Of repeated keys the first counts.
    if (field === undefined || field.kind !== 'absent') {
      return;
    }
    field.kind = kindOf(bytes[valueStart]);
    if (field.kind === 'number') {
      field.set(bytes, valueStart, valueEnd);
    }
    if (field.kind !== 'text') {
      return;
    }
    if (bytes[valueStart] !== QUOTE) {
      field.set(bytes, valueStart, valueEnd);
    } else if (isValueEscaped) {
      const text = unescaped(bytes, valueStart, valueEnd);
      field.set(text, 0, text.length);
    } else {
      field.set(bytes, valueStart + 1, valueEnd - 1);
    }
  }

  #judgeFields({ receivedAtMicros }: Line): Verdict {
    const sentType = this.#sentType();
    if (this.#mapping?.ignored.has(sentType)) {
      return IGNORED;
    }
    for (const { reason, names } of REQUIRED) {
      if (names.every((name) => this.fields[name].start === -1)) {
        return quarantined(`missing:${reason}`);
      }
    }
    const eventType = this.#namedType();
    const hasProduct = this.fields.product_id.start !== -1 || this.items.length > 0;
    if (eventType === NEEDS_PRODUCT && !hasProduct) {
      return quarantined('missing:product_id');
    }
    if (eventType === '') {
      return quarantined('unknown_event_type');
    }
    const timestamp = parseInstant(this.fields.event_timestamp.numericText() ?? '');
    if (timestamp === undefined) {
      return quarantined('bad_timestamp');
    }
    if (timestamp < EARLIEST_MICROS || timestamp > receivedAtMicros + DAY_MICROS) {
      return quarantined('timestamp_out_of_range');
    }
    const quantity = this.fields.quantity.numericText();
    this.eventType = eventType;
    this.timestamp = timestamp;
    this.quantity = quantity === undefined ? null : (parseInt32(quantity) ?? null);
    for (const name of AMOUNTS) {
      const amount = this.fields[name].numericText();
      this.amounts[name] = amount === undefined ? null : (parseHundredths(amount) ?? null);
    }
    readUrlFields(this.fields);
    return EVENT;
  }

  /** Empty if the type is unknown. */
  #namedType(): string {
    const sent = this.fields.event_type;
    const [start, end] = [sent.trimmedStart(), sent.trimmedEnd()];
    const known = this.#typeNames.find(sent.bytes, start, end);
    if (known !== -1) {
      return this.#types[known] ?? '';
    }
    const text = this.#sentType();
    const lower = Buffer.from(text);
    const named = this.#types[this.#typeNames.find(lower, 0, lower.length)] ?? '';
    return named === '' && this.#mapping?.keepsUnknownTypes ? text : named;
  }

  /** The type in the form for comparison: trimmed, in lower case; empty if missing. */
  #sentType(): string {
    const sent = this.fields.event_type;
    if (sent.start === -1) {
      return '';
    }
    const lower = Buffer.from(sent.bytes.subarray(sent.trimmedStart(), sent.trimmedEnd()));
    for (let at = 0; at < lower.length; at += 1) {
      lower[at] = lowerAscii(lower[at] ?? 0);
    }
    return lower.toString('utf8');
  }
}

function newFields(): Record<FieldName, FieldText> {
  const entries = FIELD_NAMES.map((name) => [name, new FieldText()] as const);
  return Object.fromEntries(entries) as Record<FieldName, FieldText>;
}

export function lowerAscii(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

export function upperAscii(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

function quarantined(reason: string): Verdict {
  return { kind: 'quarantined', reason };
}

function kindOf(firstByte: number | undefined): ValueKind {
  if (firstByte === OPEN_BRACE || firstByte === OPEN_BRACKET) {
    return 'container';
  }
  if (firstByte === 0x6e) {
    return 'null';
  }
  // A string, true or false.
  return firstByte === QUOTE || firstByte === 0x74 || firstByte === 0x66 ? 'text' : 'number';
}

/** Resolves the escapes of a string, which must be valid. */
function unescaped(bytes: Buffer, start: number, end: number): Buffer {
  return Buffer.from(JSON.parse(bytes.toString('utf8', start, end)));
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isWhiteSpace(bytes[at])) {
    at += 1;
  }
  return at >= end;
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function hasByteOrderMark(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}
