/** The columns of read lines, and a record's layout as the quick reader takes it. */

import type { LineField, LineLayout } from '../../bronze/line-columns.ts';
import {
  CONTRACT_FIELDS,
  FIELD_NAMES,
  type FieldKind,
  type FieldName,
  NUMBER_FIELDS,
} from '../../contract/fields.ts';
import type { RecordLayout } from '../../mapping/record-layout.ts';
import { isMissing } from '../exact-values.ts';
import type { FieldColumn } from './lines-file.ts';

/** The columns of fields in a file of lines: the contract's, then the declared ones'. */
export function fieldColumns(declared: readonly string[]): FieldColumn[] {
  return [
    ...CONTRACT_FIELDS.map(({ name, kind }) => contractColumn(name, kind)),
    ...declared.map((_, index) => ({ column: declaredColumn(index), kind: 'sent' as const })),
  ];
}

function contractColumn(name: FieldName, kind: FieldKind): FieldColumn {
  if (name === 'event_type') {
    return { kind, column: 'sent_type' };
  }
  if (name === 'event_timestamp') {
    return { kind, column: name, flag: 'is_timestamp_sent' };
  }
  const isNumber = NUMBER_FIELDS.includes(name);
  return { kind, column: name, ...(isNumber ? { flag: unreadableFlag(name) } : {}) };
}

/** The column that says of each line that a number was sent for this field that is none. */
export function unreadableFlag(name: FieldName): string {
  return `is_${name}_unreadable`;
}

/** SQL over those columns: a bit for each number that was sent and is none, in the order of NUMBER_FIELDS. */
export function unreadableBits(): string {
  return NUMBER_FIELDS.map(
    (name, index) => `CASE WHEN ${unreadableFlag(name)} THEN ${2 ** index} ELSE 0 END`,
  ).join(' + ');
}

/** Where a declared field's text is kept; its own name may be a column's already. */
export function declaredColumn(index: number): string {
  return `declared_${index}`;
}

/** `columns`: as `fieldColumns` gives them. */
export function lineLayout(layout: RecordLayout, columns: readonly FieldColumn[]): LineLayout {
  const { root, places, missing, items, hasContentIds, hasVisitorSessions } = layout;
  const fields = [...layout.fields, ...layout.declared].map(
    ({ places: ofField, constant }, index): LineField => ({
      kind: columns[index]?.kind ?? 'sent',
      places: ofField,
      constant,
    }),
  );
  const fieldOf = (name: FieldName): number => FIELD_NAMES.indexOf(name);
  const eventId = fieldOf('event_id');
  return {
    ...{ fields, root, missing, items, placeCount: places.length },
    ...(hasContentIds && isMissing(fields[eventId]?.constant) ? { contentId: eventId } : {}),
    ...(hasVisitorSessions
      ? {
          session: {
            session: fieldOf('session_id'),
            device: fieldOf('anonymous_id'),
            user: fieldOf('user_id'),
          },
        }
      : {}),
  };
}
