/**
 * Reads rows of CSV (RFC 4180) as record lines: objects with the header's names and the texts of
 * the row. Our own reader works on bytes in one pass, names the line with an error, and does not
 * guess types.
 */
import { isUtf8 } from 'node:buffer';
import { ClicklakeError } from '../../errors.ts';
import { refused } from './refuse.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
export const SEPARATORS = [',', ';', '\t', '|'];
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** The same limit as for a line of JSON. */
const MAX_ROW_BYTES = 64 * 1024 * 1024;

/** A line that Excel writes above a header. A pattern; ignore case. */
export const NAMED_SEPARATOR = String.raw`"?sep=([\t !#-~])"?`;
const SEPARATOR_LINE = new RegExp(`^${NAMED_SEPARATOR}$`, 'i');

/**
 * Each row as a line of JSON. Empty fields are omitted, and blank lines are skipped. Lines end with
 * LF or CR LF, or all with CR. Throws `input_refused` for text that is not UTF-8, and for a row
 * whose number of fields differs from the header's.
 */
export async function* csvRecordLines(
  text: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer> {
  const reader = createReader(name);
  for await (const chunk of text) {
    yield reader.push(chunk);
  }
  yield reader.end();
}

function createReader(name: string) {
  let readRows: RowsReader | undefined;
  /** The separator given by a line above the header. */
  let separator: string | undefined;
  /** The line end of the header. */
  let lineEnd = LF;
  /** The beginning of an incomplete row. */
  let rest = Buffer.alloc(0);
  /** The line number of the first line in `rest`. */
  let lineNumber = 1;

  function take(end: number, lineEndOfThese: number): void {
    lineNumber += countLines(rest.subarray(0, end), lineEndOfThese);
    rest = rest.subarray(end);
  }

  /** Reads the header once `rest` contains it completely. */
  function readStart(): void {
    while (readRows === undefined) {
      const line = firstLine(rest);
      if (line === undefined) {
        return;
      }
      const bytes = rest.subarray(0, line.end);
      refuseOtherEncodings(bytes, name, { lineNumber, lineEnd: line.lineEnd });
      const text = textOfLine(bytes);
      const named = separator === undefined ? SEPARATOR_LINE.exec(text)?.[1] : undefined;
      separator ??= named;
      if (named === undefined && text.trim() !== '') {
        readRows = createRowsReader(readHeader(text, separator), name, line.lineEnd);
        lineEnd = line.lineEnd;
      }
      take(line.end, line.lineEnd);
    }
  }

  /** Reads the complete rows in `rest`. */
  function read(): Buffer {
    readStart();
    const rows = readRows?.(rest, lineNumber) ?? { lines: Buffer.alloc(0), end: 0 };
    refuseOtherEncodings(rest.subarray(0, rows.end), name, { lineNumber, lineEnd });
    take(rows.end, lineEnd);
    if (rest.length > MAX_ROW_BYTES) {
      throw refused(name, `has no end of the row that begins at line ${lineNumber}`);
    }
    return rows.lines;
  }
  return {
    push(chunk: Buffer): Buffer {
      rest = Buffer.concat([rest, chunk]);
      return read();
    },
    end(): Buffer {
      if (rest.length === 0) {
        return rest;
      }
      rest = Buffer.concat([rest, Buffer.of(lineEnd)]);
      const lines = read();
      if (rest.length > 0) {
        throw refused(name, `is truncated: the quotes at line ${lineNumber} are not closed`);
      }
      return lines;
    },
  };
}

interface Header {
  separator: number;
  names: string[];
}

interface Line {
  /** The position of the next line. */
  end: number;
  /** LF (also after a CR), or CR alone, as in very old files. */
  lineEnd: number;
}

/** The first line, which may contain line ends in quotes; undefined: it is incomplete. */
function firstLine(bytes: Buffer): Line | undefined {
  let isQuoted = false;
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] === QUOTE) {
      isQuoted = !isQuoted;
    } else if (bytes[index] === LF && !isQuoted) {
      return { end: index + 1, lineEnd: LF };
    } else if (bytes[index] === CR && !isQuoted) {
      const next = bytes.subarray(index).findIndex((byte) => byte !== CR);
      if (next === -1) {
        return undefined;
      }
      if (bytes[index + next] !== LF) {
        return { end: index + 1, lineEnd: CR };
      }
    }
  }
  return undefined;
}

/** Without byte-order mark and line end. */
function textOfLine(bytes: Buffer): string {
  const start = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  return bytes.toString('utf8', start).replace(/\r?\n$|\r$/, '');
}

/** The separator is the given one, else the one that occurs most often outside quotes. */
function readHeader(line: string, named: string | undefined): Header {
  const candidates = (named === undefined ? SEPARATORS : [named]).map((separator) => ({
    separator,
    names: splitOutsideQuotes(line, separator),
  }));
  const best = candidates.reduce((most, each) =>
    each.names.length > most.names.length ? each : most,
  );
  return { separator: best.separator.charCodeAt(0), names: best.names.map(withoutQuotes) };
}

function splitOutsideQuotes(line: string, separator: string): string[] {
  const parts = [''];
  let isQuoted = false;
  for (const character of line) {
    if (character === separator && !isQuoted) {
      parts.push('');
    } else {
      isQuoted = isQuoted !== (character === '"');
      parts[parts.length - 1] += character;
    }
  }
  return parts;
}

function withoutQuotes(field: string): string {
  const name = field.trim();
  return /^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/**
 * Reads the complete rows; the first is at line `lineNumber`. `end` is the start of the incomplete
 * row. The lines are valid until the next call.
 */
type RowsReader = (bytes: Buffer, lineNumber: number) => { end: number; lines: Buffer };

function createRowsReader(header: Header, name: string, lineEnd: number): RowsReader {
  const { separator, names } = header;
  const writer = createLineWriter(names);
  return (bytes, lineNumber) => {
    const refuse = (row: number, what: string): never => {
      const line = lineNumber + countLines(bytes.subarray(0, row), lineEnd);
      throw refused(name, `${what} at line ${line}`);
    };
    const refuseCount = (row: number, count: string): never =>
      names[0]?.startsWith('#') === true
        ? refuseComment(name, names[0])
        : refuse(row, `has ${count}`);
    /** Returns the position of the next row; -1: this one is incomplete. */
    const readRow = (row: number): number => {
      writer.begin();
      let at = row;
      for (let count = 1; ; count += 1) {
        const isQuoted = bytes[at] === QUOTE;
        const from = isQuoted ? at + 1 : at;
        const to = isQuoted
          ? closingQuote(bytes, from)
          : endOfField(bytes, from, separator, lineEnd);
        let end = isQuoted && to !== -1 ? to + 1 : to;
        if (lineEnd === LF && bytes[end] === CR && bytes[end + 1] === LF) {
          end += 1;
        }
        if (end === -1 || end >= bytes.length) {
          return -1;
        }
        const isLast = bytes[end] === lineEnd;
        if (!isLast && bytes[end] !== separator) {
          if (bytes[end] === LF) {
            return refuse(row, 'has lines that end with CR, and one that ends with LF,');
          }
          return end + 1 === bytes.length
            ? -1
            : refuse(row, 'has text after the closing quotes of a field');
        }
        if (count > names.length || (isLast && count < names.length)) {
          return refuseCount(
            row,
            isLast ? `${count} fields, not ${names.length},` : `more than ${names.length} fields`,
          );
        }
        writer.addField(bytes, from, to, isQuoted);
        at = end + 1;
        if (isLast) {
          writer.end();
          return at;
        }
      }
    };
    writer.clear();
    let end = 0;
    while (end < bytes.length) {
      const blank = lengthOfBlankLine(bytes, end, lineEnd);
      const next = blank > 0 ? end + blank : readRow(end);
      if (next === -1) {
        break;
      }
      end = next;
    }
    return { end, lines: writer.lines() };
  };
}

function refuseComment(name: string, text: string): never {
  const shown = text.slice(0, 60);
  throw new ClicklakeError(
    'input_refused',
    `${name} begins with a comment, not a header: ${shown}`,
    {
      hint: 'remove the lines above the names of the columns; nothing of the file was ingested',
    },
  );
}

function lengthOfBlankLine(bytes: Buffer, at: number, lineEnd: number): number {
  if (bytes[at] === lineEnd) {
    return 1;
  }
  return lineEnd === LF && bytes[at] === CR && bytes[at + 1] === LF ? 2 : 0;
}

/**
 * The end of a field without quotes: a separator, LF or CR LF, or any CR if lines end with CR; -1:
 * not in these bytes.
 */
function endOfField(bytes: Buffer, start: number, separator: number, lineEnd: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (
      byte === separator ||
      byte === LF ||
      (byte === CR && (lineEnd === CR || bytes[at + 1] === LF))
    ) {
      return at;
    }
  }
  return -1;
}

/**
 * The position of the closing quotes of a field, in which doubled quotes stand for one; -1: not in
 * these bytes.
 */
function closingQuote(bytes: Buffer, start: number): number {
  for (let from = start; ; ) {
    const at = bytes.indexOf(QUOTE, from);
    if (at === -1 || at + 1 === bytes.length) {
      return -1;
    }
    if (bytes[at + 1] !== QUOTE) {
      return at;
    }
    from = at + 2;
  }
}

/** Writes rows as lines of JSON. A line counts only when it is completed. */
function createLineWriter(names: readonly string[]) {
  const keys = names.map((key) => Buffer.from(`${JSON.stringify(key)}:"`));
  let out = Buffer.allocUnsafe(1024 * 1024);
  let at = 0;
  /** The position after the last completed line. */
  let ended = 0;
  let field = 0;

  function makeRoom(sizeBytes: number): void {
    if (at + sizeBytes > out.length) {
      const larger = Buffer.allocUnsafe(2 * (at + sizeBytes));
      out.copy(larger, 0, 0, at);
      out = larger;
    }
  }

  function addByte(byte: number): void {
    if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) {
      out[at++] = byte;
    } else if (byte >= SPACE) {
      out[at++] = BACKSLASH;
      out[at++] = byte;
    } else {
      at += out.write(`\\u${byte.toString(16).padStart(4, '0')}`, at, 'latin1');
    }
  }

  return {
    clear(): void {
      at = 0;
      ended = 0;
    },
    begin(): void {
      at = ended;
      field = 0;
      makeRoom(1);
      out[at++] = OPEN_BRACE;
    },
    /** `isQuoted`: doubled quotes stand for one. */
    addField(bytes: Buffer, from: number, to: number, isQuoted: boolean): void {
      const key = keys[field++] as Buffer;
      if (from === to) {
        return;
      }
      // A byte takes up to six bytes when escaped; add a comma, quotes and the line end.
      makeRoom(key.length + 6 * (to - from) + 4);
      if (at > ended + 1) {
        out[at++] = COMMA;
      }
      out.set(key, at);
      at += key.length;
      for (let index = from; index < to; index += 1) {
        const byte = bytes[index] as number;
        addByte(byte);
        if (isQuoted && byte === QUOTE) {
          index += 1;
        }
      }
      out[at++] = QUOTE;
    },
    end(): void {
      makeRoom(2);
      out[at++] = CLOSE_BRACE;
      out[at++] = LF;
      ended = at;
    },
    lines: (): Buffer => out.subarray(0, ended),
  };
}

function countLines(bytes: Buffer, lineEnd: number): number {
  let count = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) {
    count += 1;
  }
  return count;
}

/** `bytes` are complete lines; the first is at line `lineNumber`. */
function refuseOtherEncodings(
  bytes: Buffer,
  name: string,
  { lineNumber, lineEnd }: { lineNumber: number; lineEnd: number },
): void {
  if (isUtf8(bytes)) {
    return;
  }
  let start = 0;
  let line = lineNumber;
  for (let end = bytes.indexOf(lineEnd); end !== -1; end = bytes.indexOf(lineEnd, start)) {
    if (!isUtf8(bytes.subarray(start, end))) {
      break;
    }
    start = end + 1;
    line += 1;
  }
  throw new ClicklakeError('input_refused', `${name} is CSV that is not UTF-8: see line ${line}`, {
    hint: 'convert it, for example with iconv -f WINDOWS-1252 -t UTF-8',
  });
}
