/** Lines that are not written the plain way: other spellings of the same content, and defects. */
import { DEFECTS } from './defects.ts';
import { deriveKey, draw, pick } from './hash.ts';
import type { IdentityKeys } from './identity.ts';
import { createLineDescriber, joinFields } from './line-fields.ts';
import { FIELD, KIND, kindOf, RECORD_INTS, type Records } from './records.ts';
import { respellLine } from './respelling.ts';
import type { Shop } from './shop.ts';

/**
 * Members that clients add and the event contract does not know. Some have a look of the contract's
 * own names, which must not confuse a reader of the lines.
 */
export const EXTRA_FIELDS: readonly string[] = [
  '"schema_version":3',
  '"client_version":"4.12.0-beta"',
  '"app":{"name":"web","version":"4.12.0"}',
  '"is_logged_in":true',
  '"utm_source":"newsletter","utm_medium":"email","utm_campaign":"weekly-picks"',
  '"experiments":["new-cart","b"]',
  '"viewport":{"width":390,"height":844}',
  '"page_title":"Küche & Haushalt – Größe wählen"',
  '"note":"She said \\"hello\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00fc"',
  '"mood":"🛒🎉"',
  '"context":{"event_id":"inner","user":{"user_id":null}}',
  '"EVENT_TYPE":"Not This One"',
  '"load_time_ms":412.75',
  '"big":123456789012345678901234567890',
  '"tiny":-1.5e-9',
  '"nothing":null',
  '"":"a name without a letter"',
  '"labels":[]',
];

export interface OddLineWriter {
  /**
   * Writes the record's line without its LF to `out` from `at` on; answers the number of bytes.
   * `isRespelled`: a plain record whose line is spelled in another way nevertheless.
   */
  write(records: Records, index: number, isRespelled: boolean, out: Buffer, at: number): number;
}

export function createOddLineWriter(shop: Shop, keys: IdentityKeys): OddLineWriter {
  const describeLine = createLineDescriber(shop, keys);
  return {
    write(records, index, isRespelled, out, at) {
      const first = index * RECORD_INTS;
      const kind = kindOf(records.ints[first + FIELD.traits]!);
      const keyA = deriveKey(shop.keyA, records.ints[first + FIELD.visitor]!);
      const keyB = deriveKey(deriveKey(shop.keyB, records.ints[first + FIELD.act]!), kind);
      const random = (purpose: number, count: number) => pick(draw(keyA, keyB, purpose), count);
      const line = describeLine(records, index);
      if (kind >= KIND.defective) {
        const bytes = DEFECTS[kind - KIND.defective]!.spoil(line, random);
        out.set(bytes, at);
        return bytes.length;
      }
      const isOtherwise = isRespelled || kind === KIND.respelled;
      return out.write(isOtherwise ? respellLine(line, random) : joinFields(line.fields), at);
    },
  };
}
