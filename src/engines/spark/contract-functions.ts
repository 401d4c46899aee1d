/** Functions of the models that are made of the event contract and the settings. */
import { CONTRACT_FIELDS, type FieldKind } from '../../contract/fields.ts';
import { literal } from './sql-text.ts';

const TYPES: Readonly<Record<FieldKind, string>> = {
  text: 'STRING',
  lower: 'STRING',
  upper: 'STRING',
  instant: 'TIMESTAMP',
  quantity: 'INT',
  amount: 'DECIMAL(18, 2)',
};

/**
 * `eventTypes`: every spelling of an event type, lower case, and the name it stands for. `skipCheckout`:
 * the shop sends no checkout events.
 */
export function contractFunctions(
  eventTypes: ReadonlyMap<string, string>,
  skipCheckout: boolean,
): string[] {
  const cases = [...eventTypes].map(
    ([spelling, name]) => `WHEN ${literal(spelling)} THEN ${literal(name)}`,
  );
  const fields = CONTRACT_FIELDS.filter(({ name }) => name !== 'event_id');
  const members = fields.map(({ name, kind }) => `${name}: ${TYPES[kind]}`);
  const values = fields.map(({ name }) => `${literal(name)}, sent_${name}`);
  return [
    define('named_event_type(v STRING)', 'STRING', `CASE v ${cases.join(' ')} END`),
    define('is_checkout_skipped()', 'BOOLEAN', String(skipCheckout)),
    // Everything that a delivery says of an event, as one value.
    define(
      `event_content(${fields.map(({ name, kind }) => `sent_${name} ${TYPES[kind]}`).join(', ')})`,
      `STRUCT<${members.join(', ')}>`,
      `named_struct(${values.join(', ')})`,
    ),
  ];
}

function define(signature: string, type: string, body: string): string {
  return `CREATE OR REPLACE TEMPORARY FUNCTION ${signature} RETURNS ${type} RETURN ${body};`;
}
