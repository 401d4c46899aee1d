/**
 * The strict, slower way from a record to the texts of its fields. Used for records that the fast
 * readers reject, and for mappings that they do not support. The columns have the same meaning.
 */
import { contentId } from '../bronze/content-id.ts';
import { MAX_NAMES } from '../bronze/field-counts.ts';
import { type JsonScalar, readJsonRecord } from '../bronze/json-line.ts';
import { FIELD_NAMES, NUMERIC_FIELDS } from '../contract/fields.ts';
import type { RecordLayout } from '../mapping/record-layout.ts';
import { readItems } from './exact-items.ts';
import { dropMissing, firstValue, isMissing, scalarText } from './exact-values.ts';

export interface ExactLine {
  problem: string | null;
  /**
   * Texts of the contract fields, in contract order; null if missing, or if the record has a
   * problem.
   */
  fields: (string | null)[];
  /** Texts of the declared fields, in their order. */
  declared: (string | null)[];
  /** The items as a JSON array (exact-items.ts); null: none. */
  items: string | null;
  /** Names of undeclared fields; at most one more than the limit for counting. */
  unknownFields: string[];
}

/**
 * `onPlace` is called with each place that has a value. Places of items follow those of the record.
 */
export function readExactly(
  line: Buffer,
  hasByteOrderMark: boolean,
  layout: RecordLayout,
  onPlace: (place: number) => void = () => {},
): ExactLine {
  const text = hasByteOrderMark ? line.subarray(3) : line;
  const unknownFields: string[] = [];
  const json = readJsonRecord(text, layout, (name) => {
    if (unknownFields.length <= MAX_NAMES) {
      unknownFields.push(name);
    }
  });
  if (json.kind !== 'object') {
    return { ...problemLine(json.kind, layout), unknownFields: [] };
  }
  for (const [place, value] of json.values.entries()) {
    if (value !== undefined) {
      onPlace(place);
    }
  }
  const values = dropMissing(json.values, layout.missing);
  const found = layout.fields.map(({ places }) => firstValue(places, values));
  const wrong = FIELD_NAMES.find((_, index) => found[index]?.type === 'container');
  if (wrong !== undefined) {
    return { ...problemLine(`wrong_type:${wrong}`, layout), unknownFields };
  }
  const fields = FIELD_NAMES.map((name, index) => {
    const constant = layout.fields[index]?.constant ?? null;
    return scalarText(found[index], NUMERIC_FIELDS.has(name)) ?? constant;
  });
  completeIds(fields, text, layout);
  return {
    problem: null,
    fields,
    declared: layout.declared.map(({ places }) => scalarText(sentValue(places, values), false)),
    items:
      layout.items === undefined
        ? null
        : readItems(layout.items, values, (place) => onPlace(layout.places.length + place)),
    unknownFields,
  };
}

/**
 * The value of a declared field. With a single path, blank text counts as a value. With several,
 * the first value that is not missing is used.
 */
function sentValue(
  places: readonly number[],
  values: readonly (JsonScalar | undefined)[],
): JsonScalar | undefined {
  const [place, ...others] = places;
  return place !== undefined && others.length === 0 ? values[place] : firstValue(places, values);
}

const EVENT_ID = FIELD_NAMES.indexOf('event_id');
const SESSION_ID = FIELD_NAMES.indexOf('session_id');
const VISITORS = [FIELD_NAMES.indexOf('anonymous_id'), FIELD_NAMES.indexOf('user_id')];

/** Derives ids as the mapping says, from other ids or from the whole record. */
function completeIds(
  fields: (string | null)[],
  text: Buffer,
  { hasContentIds, hasVisitorSessions }: RecordLayout,
): void {
  if (hasContentIds && isMissing(fields[EVENT_ID])) {
    fields[EVENT_ID] = contentId(trim(text));
  }
  const session = fields[SESSION_ID];
  const visitor = VISITORS.map((field) => fields[field]).find((id) => !isMissing(id));
  if (hasVisitorSessions && !isMissing(session) && visitor !== undefined) {
    fields[SESSION_ID] = `${visitor}.${session}`;
  }
}

/** Removes white space at both ends. */
function trim(text: Buffer): Buffer {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text[start] as number)) {
    start += 1;
  }
  while (end > start && isWhiteSpace(text[end - 1] as number)) {
    end -= 1;
  }
  return text.subarray(start, end);
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function problemLine(
  problem: string,
  { declared }: RecordLayout,
): Omit<ExactLine, 'unknownFields'> {
  return {
    problem,
    fields: FIELD_NAMES.map(() => null),
    declared: declared.map(() => null),
    items: null,
  };
}
