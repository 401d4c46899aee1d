/** From the texts of a line's fields to typed fields: what docs/accepted-input.md says of each kind. */
import { CONTRACT_FIELDS, type FieldKind, NUMBER_FIELDS } from '../../contract/fields.ts';
import { urlFields } from '../url-fields.ts';
import { LINE_COLUMNS } from './mapped-lines.ts';

const TYPED: Readonly<Record<FieldKind, (name: string) => string>> = {
  text: (name) => `blank_to_null(${name})`,
  lower: (name) => `lower_ascii(trim_to_null(${name}))`,
  upper: (name) => `upper_ascii(trim_to_null(${name}))`,
  instant: (name) => `text_to_timestamp(trim_to_null(${name}))`,
  quantity: (name) => `text_to_quantity(trim_to_null(${name}))`,
  amount: (name) => `text_to_price(trim_to_null(${name}))`,
};

/** The query behind `bronze_lines`: every line of `bronze_texts`, its fields typed. */
export function selectTypedLines(): string {
  const typed = CONTRACT_FIELDS.map(
    ({ name, kind }) =>
      `${TYPED[kind](`t.${name}`)} AS ${name === 'event_type' ? 'sent_type' : name}`,
  );
  const unreadable = NUMBER_FIELDS.map((name, index) => {
    const { kind = 'amount' } = CONTRACT_FIELDS.find((field) => field.name === name) ?? {};
    const isUnreadable = `trim_to_null(t.${name}) IS NOT NULL AND ${TYPED[kind](`t.${name}`)} IS NULL`;
    return `CASE WHEN ${isUnreadable} THEN ${2 ** index} ELSE 0 END`;
  });
  const fromUrl = new Map(urlFields().map(({ name, sql }) => [name, sql]));
  return `SELECT ${LINE_COLUMNS.map((name) => `${fromUrl.get(name) ?? name} AS ${name}`).join(', ')}
    FROM (
      SELECT t.file_number, f.received_at, f.mapping_number, t.line_key, t.raw_text, t.raw_base64,
        t.shape_key, t.problem, t.declared, CAST(NULL AS STRING) AS items, ${typed.join(', ')},
        trim_to_null(t.event_timestamp) IS NOT NULL AS is_timestamp_sent,
        ${unreadable.join(' + ')} AS unreadable_numbers
      FROM bronze_texts AS t
      JOIN batch_files AS f ON f.file_number = t.file_number)`;
}
