/** Functions of the models that are made of the event contract and the settings. */
import { FIELD_NAMES } from '../../contract/fields.ts';
import { type EventTypeRules, eventTypeName, isIgnoredType } from '../event-types.ts';
import { literal } from './sql-text.ts';

/** `eventTypes`: by number of the mapping. `skipCheckout`: the shop sends no checkout events. */
export function contractFunctions(
  eventTypes: readonly EventTypeRules[],
  skipCheckout: boolean,
): string[] {
  const names = FIELD_NAMES.filter((name) => name !== 'event_id');
  return [
    // No table to join with: columns that come out of a join are copied once more when they are staged.
    define('named_event_type(mapping, type)', eventTypeName(eventTypes, literal)),
    define('is_ignored_type(mapping, type)', isIgnoredType(eventTypes, literal)),
    define('is_checkout_skipped()', String(skipCheckout)),
    // Everything that a delivery says of an event, as one value.
    define(
      `event_content(${names.map((name) => `sent_${name}`).join(', ')})`,
      `{${names.map((name) => `${literal(name)}: sent_${name}`).join(', ')}}`,
    ),
  ];
}

function define(signature: string, body: string): string {
  return `CREATE OR REPLACE TEMP MACRO ${signature} AS ${body}`;
}
