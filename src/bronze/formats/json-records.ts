/**
 * Files whose records are JSON values, but not one per line: arrays, and consecutive values. Their
 * records become lines. Bytes are unchanged except for line breaks and indentation between tokens.
 */
import { refused } from './refuse.ts';

/**
 * `json_array`: one or more JSON arrays in any layout; their elements are the records.
 * `json_values`: consecutive objects, separated by white space, by a literal `\n` or by nothing, on
 * any number of lines.
 */
export type JsonLayout = 'json_array' | 'json_values';

export interface RecordSplitter {
  /**
   * The records that are completed in `chunk`, each followed by LF, and the beginning of the next.
   * The bytes are valid until the next call.
   */
  push(chunk: Buffer): Buffer;
  /** The rest after the last chunk. Throws `input_refused` if the last value is truncated. */
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

/** The states of the splitter: where in the text a byte is. */
const BETWEEN_VALUES = 0;
/** In an array, after `[` or a comma. */
const BEFORE_VALUE = 1;
/** In a number, or in true, false or null, whose end is known only from the next byte. */
const IN_SCALAR = 2;
/** In an object, an array or a string. */
const IN_VALUE = 3;

/**
 * `name` is for messages. Throws `input_refused` from `push` if the file does not have this layout.
 */
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

  /** Handles a byte outside values. */
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

  /** Programs that escape twice write a backslash and a letter instead of a line end. */
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

  /**
   * Copies the bytes of an object, an array or a string, up to its end or the end of the chunk.
   * Returns that position.
   */
  function inside(chunk: Buffer, start: number): number {
    const end = chunk.length;
    let index = start;
    while (index < end) {
      const byte = chunk[index++] as number;
      if (isInText) {
        // A line break inside a string is invalid JSON. It must be replaced, but must stay invalid.
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
        // Leave one space, because the line break separates tokens.
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
