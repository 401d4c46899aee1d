/** Writes records as lines: most as the client sends them, some respelled, some malformed. */
import { DEFECTS } from './defects.ts';
import { PRICE_UNREADABLE, QUANTITY_UNREADABLE } from './events.ts';
import { EXTRA_FIELDS } from './extra-fields.ts';
import { deriveKey, draw, mix, pick, threshold } from './hash.ts';
import { createIdentityKeys, eventIdWords } from './identity.ts';
import { createLineDescriber, joinFields } from './line-fields.ts';
import { createPlainLineWriter } from './plain-line.ts';
import { FIELD, KIND, kindOf, RECORD_INTS, type Records } from './records.ts';
import { type LineRandom, respellLine } from './respelling.ts';
import type { Shop } from './shop.ts';

/** Maximum length of a line in bytes. */
export const MAX_LINE_BYTES = 3_072;

export interface LineWriter {
  /**
   * Writes the records as lines, each ended by LF, to the start of `out`, which must have room for
   * `MAX_LINE_BYTES` per record. Answers the number of bytes. The same records give the same bytes.
   */
  write(records: Records, out: Uint8Array): number;
}

const CLOSE_BRACE = 0x7d;
const LF = 0x0a;

/** `rates`: the shares of lines that get extra fields, and that are respelled. */
export function createLineWriter(
  shop: Shop,
  seed: number,
  rates: { extraFields: number; spellings: number },
): LineWriter {
  const keys = createIdentityKeys(seed);
  const describeLine = createLineDescriber(shop, keys);
  const writePlain = createPlainLineWriter(shop, keys);
  const lineKey = deriveKey(shop.keyA, -1);
  // One number decides: the respelled lines come first, those with extra fields after them.
  const respelledLimit = threshold(rates.spellings);
  const extraLimit = respelledLimit + threshold(rates.extraFields);
  const words = new Int32Array(4);

  /** Writes a line without its LF; answers where it ends. */
  function writeLine(records: Records, index: number, out: Buffer, at: number): number {
    const kind = kindOf(intOf(records, index, FIELD.traits));
    if (kind >= KIND.defective) {
      const line = describeLine(records, index);
      const bytes = DEFECTS[kind - KIND.defective]!.spoil(line, randomOf(records, index));
      out.set(bytes, at);
      return at + bytes.length;
    }
    eventIdWords(
      keys,
      intOf(records, index, FIELD.visitor),
      intOf(records, index, FIELD.act),
      words,
    );
    // The id is a hash already; what is drawn here must only differ from its digits.
    const random = mix(words[0]! ^ lineKey);
    if (kind === KIND.respelled || random >>> 0 < respelledLimit) {
      const text = respellLine(describeLine(records, index), randomOf(records, index));
      return at + out.write(text, at);
    }
    if (!hasReadableNumbers(records, index) || intOf(records, index, FIELD.items) > 0) {
      return at + out.write(joinFields(describeLine(records, index).fields), at);
    }
    let end = writePlain(records, index, out, at);
    if (random >>> 0 < extraLimit) {
      end += out.write(`,${EXTRA_FIELDS[pick(mix(random) >>> 0, EXTRA_FIELDS.length)]}`, end);
    }
    out[end] = CLOSE_BRACE;
    return end + 1;
  }

  /** The random numbers of one delivery of one event. */
  function randomOf(records: Records, index: number): LineRandom {
    const keyA = deriveKey(shop.keyA, intOf(records, index, FIELD.visitor));
    const ofAct = deriveKey(shop.keyB, intOf(records, index, FIELD.act));
    const keyB = deriveKey(ofAct, kindOf(intOf(records, index, FIELD.traits)));
    return (purpose, count) => pick(draw(keyA, keyB, purpose), count);
  }

  return {
    write(records, out) {
      const bytes = Buffer.from(out.buffer, out.byteOffset, out.byteLength);
      let at = 0;
      for (let index = 0; index < records.count; index++) {
        at = writeLine(records, index, bytes, at);
        bytes[at++] = LF;
      }
      return at;
    },
  };
}

function intOf({ ints }: Records, index: number, field: number): number {
  return ints[index * RECORD_INTS + field]!;
}

function hasReadableNumbers(records: Records, index: number): boolean {
  return (
    intOf(records, index, FIELD.priceCents) !== PRICE_UNREADABLE &&
    (intOf(records, index, FIELD.quantityOrder) & 255) !== QUANTITY_UNREADABLE
  );
}
