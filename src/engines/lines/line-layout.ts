/** The columns of read lines, and the layout of a record for the fast reader. */

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

/** The field columns in a file of lines: those of the contract, then the declared ones. */
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

/** The flag column of a numeric field: true if the line has a value that is not a number. */
export function unreadableFlag(name: FieldName): string {
  return `is_${name}_unreadable`;
}

/**
 * SQL over these columns: one bit per numeric field with a value that is not a number, in the order
 * of NUMBER_FIELDS.
 */
export function unreadableBits(): string {
  return NUMBER_FIELDS.map(
    (name, index) => `CASE WHEN ${unreadableFlag(name)} THEN ${2 ** index} ELSE 0 END`,
  ).join(' + ');
}

/** The column for a declared field's text. The field's own name may be that of another column. */
export function declaredColumn(index: number): string {
  return `declared_${index}`;
}

/** `columns` are those of `fieldColumns`. */
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
