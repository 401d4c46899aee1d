/**
 * Files whose records are JSON values, but not one a line: arrays, and values one behind the other. Their
 * records become lines, byte for byte but for line breaks, and what they are indented by, between tokens.
 */
import { refused } from './refuse.ts';

/**
 * `json_array`: JSON arrays (pretty, on one line, a row a line), one or more of them; the records are
 * their elements. `json_values`: objects one behind the other, with white space or a literal `\n` between
 * them or nothing at all, on one line or on many.
 */
export type JsonLayout = 'json_array' | 'json_values';

export interface RecordSplitter {
  /**
   * The records that end in `chunk`, each followed by LF, and the beginning of the next. The bytes are
   * valid until the next call.
   */
  push(chunk: Buffer): Buffer;
  /** What is left after the last chunk. Throws `input_refused` when the last value is truncated. */
  end(): Buffer;
}

const LF = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LETTER_N = 0x6e;
const LETTER_R = 0x72;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const FORM_FEED = 0x0c;
/** Begins a record in JSON text sequences, RFC 7464. */
const RECORD_SEPARATOR = 0x1e;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Where in the text a byte lies. */
const BETWEEN_VALUES = 0;
/** In an array, behind `[` or a comma. */
const BEFORE_VALUE = 1;
/** In a number, or one of true, false and null: only what follows tells that it ends. */
const IN_SCALAR = 2;
/** In an object, an array or a text. */
const IN_VALUE = 3;

/** `name` is for messages. Throws `input_refused` from `push` where the file is not what `layout` says. */
export function splitJsonRecords(layout: JsonLayout, name: string): RecordSplitter {
  const isArray = layout === 'json_array';
  let out = Buffer.alloc(0);
  let at = 0;
  let offset = 0;
  let place: number = BETWEEN_VALUES;
  let isInArray = false;
  let mayClose = false;
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  let isHalfBreak = false;
  let isIndent = false;

  function endRecord(): void {
    out[at++] = LF;
    place = BETWEEN_VALUES;
  }

  /** A byte outside of values. */
  function between(byte: number, position: number): void {
    if (isWhiteSpace(byte) || byte === RECORD_SEPARATOR) {
      return;
    }
    if (isArray && !isInArray) {
      if (byte !== OPEN_BRACKET) {
        throw refused(name, `has other text than a JSON array at byte ${position}`);
      }
      isInArray = true;
      place = BEFORE_VALUE;
      mayClose = true;
    } else if (!isInArray) {
      if (!isBreak(byte)) {
        beginValue(byte);
      }
    } else if (byte === CLOSE_BRACKET && (place === BETWEEN_VALUES || mayClose)) {
      isInArray = false;
      place = BETWEEN_VALUES;
    } else if (place === BETWEEN_VALUES) {
      if (byte !== COMMA) {
        throw refused(name, `lacks a comma between two records at byte ${position}`);
      }
      place = BEFORE_VALUE;
      mayClose = false;
    } else if (byte === COMMA || byte === CLOSE_BRACKET) {
      throw refused(name, `lacks a record before a comma or bracket at byte ${position}`);
    } else {
      beginValue(byte);
    }
  }

  /** Tools that quote twice leave a backslash and a letter where a line should end. */
  function isBreak(byte: number): boolean {
    const isEnd = isHalfBreak && (byte === LETTER_N || byte === LETTER_R);
    isHalfBreak = !isHalfBreak && byte === BACKSLASH;
    return isEnd || isHalfBreak;
  }

  function beginValue(byte: number): void {
    out[at++] = byte;
    isInText = byte === QUOTE;
    depth = byte === OPEN_BRACE || byte === OPEN_BRACKET ? 1 : 0;
    place = isInText || depth > 0 ? IN_VALUE : IN_SCALAR;
  }

  /** The bytes of an object, an array or a text, to its end or that of the chunk; returns where that is. */
  function inside(chunk: Buffer, start: number): number {
    const end = chunk.length;
    let index = start;
    while (index < end) {
      const byte = chunk[index++] as number;
      if (isInText) {
        // A line may not end in a text, and must not become right by being mended.
        out[at++] = byte === LF ? FORM_FEED : byte;
        if (isEscaped) {
          isEscaped = false;
        } else if (byte === BACKSLASH) {
          isEscaped = true;
        } else if (byte === QUOTE) {
          isInText = false;
          if (depth === 0) {
            endRecord();
            return index;
          }
        }
        continue;
      }
      if (byte === LF) {
        // Something stays between what it parts.
        out[at++] = SPACE;
        isIndent = true;
        continue;
      }
      if (isIndent && isWhiteSpace(byte)) {
        continue;
      }
      isIndent = false;
      out[at++] = byte;
      if (byte === QUOTE) {
        isInText = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        depth += 1;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === 0) {
          endRecord();
          return index;
        }
      }
    }
    return index;
  }

  function take(byte: number, position: number): void {
    if (place !== IN_SCALAR) {
      between(byte, position);
    } else if (isWhiteSpace(byte) || byte === COMMA || byte === CLOSE_BRACKET) {
      endRecord();
      between(byte, position);
    } else {
      out[at++] = byte;
    }
  }

  return {
    push(chunk) {
      // Every byte may be a record of its own.
      if (out.length < 2 * chunk.length) {
        out = Buffer.allocUnsafe(2 * chunk.length);
      }
      at = 0;
      for (let index = 0; index < chunk.length; ) {
        if (place === IN_VALUE) {
          index = inside(chunk, index);
          continue;
        }
        const byte = chunk[index] as number;
        const position = offset + index;
        if (position >= 3 || byte !== BYTE_ORDER_MARK[position]) {
          take(byte, position);
        }
        index += 1;
      }
      offset += chunk.length;
      return out.subarray(0, at);
    },
    end() {
      if (place === IN_VALUE || isInArray) {
        throw refused(name, `is truncated: a JSON value does not end before byte ${offset}`);
      }
      return place === IN_SCALAR ? Buffer.of(LF) : Buffer.alloc(0);
    },
  };
}

/** The records of the text as lines; see `splitJsonRecords`. */
export async function* jsonRecordLines(
  text: AsyncIterable<Buffer>,
  layout: JsonLayout,
  name: string,
): AsyncGenerator<Buffer> {
  const splitter = splitJsonRecords(layout, name);
  for await (const chunk of text) {
    yield splitter.push(chunk);
  }
  yield splitter.end();
}

function isWhiteSpace(byte: number): boolean {
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
}
