/**
 * The fields of the event contract (docs/accepted-input.md). All judges of records share this list,
 * but not their code.
 */

/** How a field's text is converted. */
export type FieldKind =
  /** Kept as sent. */
  | 'text'
  /** Trimmed, in lower or upper case. */
  | 'lower'
  | 'upper'
  /** An instant. Numbers may have an exponent. */
  | 'instant'
  /** A whole number of 32 bits. */
  | 'quantity'
  /** Money: two decimals. */
  | 'amount';

interface Field {
  name: string;
  kind: FieldKind;
}

/** In contract order, which is also the order in which `wrong_type` is checked. */
const FIELDS = [
  { name: 'event_id', kind: 'text' },
  { name: 'user_id', kind: 'text' },
  { name: 'anonymous_id', kind: 'text' },
  { name: 'session_id', kind: 'text' },
  { name: 'event_type', kind: 'lower' },
  { name: 'product_id', kind: 'text' },
  { name: 'device', kind: 'lower' },
  { name: 'country', kind: 'upper' },
  { name: 'event_timestamp', kind: 'instant' },
  { name: 'page_url', kind: 'text' },
  { name: 'referrer', kind: 'text' },
  { name: 'order_id', kind: 'text' },
  { name: 'currency', kind: 'text' },
  { name: 'user_agent', kind: 'text' },
  { name: 'campaign_source', kind: 'text' },
  { name: 'campaign_medium', kind: 'text' },
  { name: 'campaign_name', kind: 'text' },
  { name: 'click_id', kind: 'text' },
  { name: 'quantity', kind: 'quantity' },
  { name: 'price', kind: 'amount' },
  { name: 'order_value', kind: 'amount' },
  { name: 'tax', kind: 'amount' },
  { name: 'shipping', kind: 'amount' },
  { name: 'discount', kind: 'amount' },
] as const satisfies readonly Field[];

export type FieldName = (typeof FIELDS)[number]['name'];

export const CONTRACT_FIELDS: readonly { name: FieldName; kind: FieldKind }[] = FIELDS;

export const FIELD_NAMES: readonly FieldName[] = FIELDS.map(({ name }) => name);

/** Fields that accept a number with an exponent. */
export const NUMERIC_FIELDS: ReadonlySet<string> = namesOfKinds('instant', 'quantity', 'amount');

/** Numeric fields. A value that is not a number becomes null and is counted. */
export const NUMBER_FIELDS: readonly FieldName[] = FIELD_NAMES.filter((name) =>
  namesOfKinds('quantity', 'amount').has(name),
);

/**
 * What a record must have, in the order in which it is checked. One of the three visitor ids is
 * enough; `user_id` stands for them. Only product views need a product.
 */
export const REQUIRED_FIELDS = [
  'event_id',
  'user_id',
  'event_type',
  'event_timestamp',
  'product_id',
] as const satisfies readonly FieldName[];

/** Fields that identify the visitor; one is enough. */
export const VISITOR_FIELDS = [
  'user_id',
  'anonymous_id',
  'session_id',
] as const satisfies readonly FieldName[];

function namesOfKinds(...kinds: FieldKind[]): ReadonlySet<string> {
  return new Set(FIELDS.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name));
}
