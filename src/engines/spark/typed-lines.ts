/** From the texts of a line's fields to typed fields: what docs/accepted-input.md says of each kind. */
import { CONTRACT_FIELDS, type FieldKind, NUMBER_FIELDS } from '../../contract/fields.ts';
import { urlFields } from '../url-fields.ts';
import { LINE_COLUMNS } from './mapped-lines.ts';

/** From a text without white space around it, null if nothing is left; `text` from the text as it is. */
const TYPED: Readonly<Record<FieldKind, (text: string) => string>> = {
  text: (text) => `blank_to_null(${text})`,
  lower: (text) => `lower_ascii(${text})`,
  upper: (text) => `upper_ascii(${text})`,
  instant: (text) => `text_to_timestamp(${text})`,
  quantity: (text) => `text_to_quantity(${text})`,
  amount: (text) => `text_to_price(${text})`,
};

/** Names of the columns with the texts of fields; the contract has none like them. */
const sentName = (name: string): string => `sent_text_${name}`;

/** The query behind `bronze_lines`: every line of `bronze_texts`, its fields typed. */
export function selectTypedLines(): string {
  const sent = CONTRACT_FIELDS.map(
    ({ name, kind }) =>
      `${kind === 'text' ? `t.${name}` : `trim_to_null(t.${name})`} AS ${sentName(name)}`,
  );
  const typed = CONTRACT_FIELDS.map(
    ({ name, kind }) =>
      `${TYPED[kind](sentName(name))} AS ${name === 'event_type' ? 'sent_type' : name}`,
  );
  const unreadable = NUMBER_FIELDS.map(
    (name, index) =>
      `CASE WHEN ${sentName(name)} IS NOT NULL AND ${name} IS NULL THEN ${2 ** index} ELSE 0 END`,
  );
  const values = new Map([
    ...urlFields().map(({ name, sql }) => [name, sql] as const),
    ['is_timestamp_sent', `${sentName('event_timestamp')} IS NOT NULL`],
    ['unreadable_numbers', unreadable.join(' | ')],
  ]);
  return `SELECT ${LINE_COLUMNS.map((name) => `${values.get(name) ?? name} AS ${name}`).join(', ')}
    FROM (
      SELECT *, CAST(NULL AS STRING) AS items, ${typed.join(', ')}
      FROM (
        SELECT t.file_number, f.received_at, f.mapping_number, t.line_key, t.raw_text, t.raw_base64,
          t.shape_key, t.problem, t.declared, ${sent.join(', ')}
        FROM bronze_texts AS t
        JOIN batch_files AS f ON f.file_number = t.file_number))`;
}
