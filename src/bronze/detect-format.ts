/**
 * Detects the format of a file from the beginning of its text, or if that is ambiguous, from its
 * name. Otherwise JSON lines are assumed: a bad first line belongs in quarantine and must not
 * refuse the following lines.
 */
import { endingOf } from './decompress.ts';
import { isCsv } from './detect-csv.ts';
import type { RecordFormat } from './formats/record-format.ts';
import { tellWideEncoding, type WideEncoding } from './text-encodings.ts';

/** Formats that are refused. */
export type OtherFormat =
  | 'orc'
  | 'zip'
  | 'tar'
  | 'seven_zip'
  | 'rar'
  | 'bzip2'
  | 'xz'
  | 'lz4'
  /** A compressed file inside a compressed file. */
  | 'gzip'
  | 'zstd'
  | 'html'
  | 'xml'
  | 'access_log'
  | WideEncoding
  /** Parquet according to its name, but not its content. */
  | 'no_parquet'
  | 'no_avro';

export type FileFormat = RecordFormat | OtherFormat;

/** How much of a text `detectFormat` needs, in bytes. */
export const FORMAT_WINDOW_BYTES = 64 * 1024;
/**
 * If a single line is an object of this length, more is read, because another object may follow on
 * it.
 */
export const LONGEST_WINDOW_BYTES = 1024 * 1024;

const MAGIC: readonly (readonly [FileFormat, string])[] = [
  ['parquet', 'PAR1'],
  ['avro', 'Obj\x01'],
  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'],
  ['seven_zip', "7z\xbc\xaf'\x1c"],
  ['rar', 'Rar!\x1a\x07'],
  ['xz', '\xfd7zXZ\x00'],
  ['lz4', '\x04"M\x18'],
  ['gzip', '\x1f\x8b\x08'],
  ['zstd', '(\xb5/\xfd'],
];
/**
 * An uncompressed file goes on with a field of Protocol Buffers (LF), a compressed one with the
 * 3 bytes of a chunk's header: a length, of which at least the last byte is below 8 for the usual
 * chunks of up to 256 KiB. No text has such bytes.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells ORC from text
const ORC = /^ORC(?:\n|(?=.{0,2}[\0-\x08\x0e-\x1f])...)/s;
/** The digit is the block size. */
const BZIP2 = /^BZh[1-9]/;
const TAR = { offset: 257, magic: 'ustar' };

/**
 * Detects the format from the content, then from the name without the extension of a compression.
 */
export function tellFormat(start: Buffer, name: string): FileFormat {
  const format = detectFormat(start);
  if (format !== 'json_lines' || beginsLikeJson(start)) {
    return format;
  }
  const ending = endingOf(name);
  if (ending === '.parquet' || ending === '.avro') {
    return ending === '.avro' ? 'no_avro' : 'no_parquet';
  }
  return (ending === '.csv' || ending === '.tsv') && start.length > 0 ? 'csv' : 'json_lines';
}

function beginsLikeJson(start: Buffer): boolean {
  return /^\ufeff?\s*[{[]/.test(start.toString('utf8', 0, 1024));
}

/** `start`: the beginning of the decompressed text, as returned by `peekText`. */
export function detectFormat(start: Buffer): FileFormat {
  const head = start.toString('latin1', 0, 8);
  const magic = MAGIC.find(([, bytes]) => head.startsWith(bytes));
  if (magic !== undefined) {
    return magic[0] === 'avro' && isEventHubsCapture(start) ? 'event_hubs_capture' : magic[0];
  }
  if (ORC.test(head)) {
    return 'orc';
  }
  if (BZIP2.test(head)) {
    return 'bzip2';
  }
  if (start.toString('latin1', TAR.offset, TAR.offset + TAR.magic.length) === TAR.magic) {
    return 'tar';
  }
  const wide = tellWideEncoding(start);
  if (wide !== undefined) {
    return wide;
  }
  const text = start.toString('utf8').replace(/^\ufeff/, '');
  const isCut = start.length >= FORMAT_WINDOW_BYTES;
  const lines = completeLines(text, isCut);
  // For most files the first line decides.
  if (isObject(lines[0])) {
    return 'json_lines';
  }
  const first = text.trimStart()[0];
  if (first === '[') {
    return isArray(text, lines) ? 'json_array' : 'json_lines';
  }
  if (first === '{') {
    return isSequence(text, lines) ? 'json_values' : 'json_lines';
  }
  if (lines.some((line) => line.startsWith('{'))) {
    return isCsv(text, isCut) ? 'csv' : 'json_lines';
  }
  return detectText(text, lines[0], isCut) ?? 'json_lines';
}

/**
 * Detected by the name of the record in the Avro schema at the beginning of the file, in full or
 * with its namespace.
 */
function isEventHubsCapture(start: Buffer): boolean {
  const schema = start.toString('latin1');
  return schema.includes('Microsoft.ServiceBus.Messaging') && /[".]EventData"/.test(schema);
}

/** The lines that are not blank, trimmed. The last one only if it is complete. */
function completeLines(text: string, isCut: boolean): string[] {
  const lines = text.split('\n');
  if (isCut) {
    lines.pop();
  }
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

function isObject(text: string | undefined): boolean {
  if (text === undefined || !text.startsWith('{')) {
    return false;
  }
  return isJson(text);
}

/** Whether `JSON.parse` accepts the text, at any depth, and with lone surrogates. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * For text that begins with a bracket: true for an array, false if later lines are objects on their
 * own. In an array with one row per line, these lines end with a comma, except the last, which is
 * followed by a bracket.
 */
function isArray(text: string, lines: readonly string[]): boolean {
  const [first, ...others] = lines;
  if (!/^\[\s*(?:[[{\]"\d-]|true|false|null|$)/.test(text.trimStart())) {
    return false;
  }
  if (first !== undefined && isJson(first)) {
    return !others.some(isObject);
  }
  if (goesOnBehindLine(text.trimStart())) {
    return true;
  }
  if (others.some((line) => line.endsWith(',') && isObject(line.slice(0, -1)))) {
    return true;
  }
  return !others.some(isObject) || /^\]/.test(lines.at(-1) ?? '');
}

/** For text that begins with an object: true if the first line is not exactly that object. */
function isSequence(text: string, lines: readonly string[]): boolean {
  const object = firstObject(text.trimStart());
  if (object === undefined) {
    return goesOnBehindLine(text.trimStart());
  }
  if (!isJson(object.text)) {
    return false;
  }
  if (object.text.includes('\n')) {
    return true;
  }
  if (!/^\s*(?:\\n|\\r|\{)/.test(object.rest)) {
    return false;
  }
  const whole = lines.filter(isObject).length;
  return lines.length - whole >= whole;
}

/**
 * Whether the text is an object or array over several lines, or the beginning of one: it is valid
 * up to the last comma.
 */
function goesOnBehindLine(text: string): boolean {
  let comma = { index: 0, open: '' };
  for (const { token, index, open } of brackets(text)) {
    if (open === '') {
      return isJson(text);
    }
    if (token === ',') {
      comma = { index, open };
    }
  }
  const beginning = text.slice(0, comma.index);
  return beginning.includes('\n') && isJson(beginning + comma.open);
}

/**
 * The object at the beginning of a text, found by its brackets, and the rest; undefined: it does
 * not end.
 */
function firstObject(text: string): { text: string; rest: string } | undefined {
  for (const { index, open } of brackets(text)) {
    if (open === '') {
      return { text: text.slice(0, index + 1), rest: text.slice(index + 1) };
    }
  }
  return undefined;
}

/**
 * The brackets and commas of JSON, up to a string that is not closed on its line. `open`: the
 * brackets needed to close the text after each.
 */
function* brackets(text: string): Generator<{ token: string; index: number; open: string }> {
  let open = '';
  const tokens = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[{}[\],]|"/g;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token === '"') {
      return;
    }
    if (token === '{' || token === '[') {
      open = (token === '{' ? '}' : ']') + open;
    } else if (token === '}' || token === ']') {
      open = open.slice(1);
    }
    if (token.length === 1) {
      yield { token, index, open };
    }
  }
}

const ACCESS_LOG_LINE = /^\S+ \S+ \S+ \[[^\]]+\] "/;

/** Detects formats of text in which no line begins like an object. */
function detectText(
  text: string,
  first: string | undefined,
  isCut: boolean,
): FileFormat | undefined {
  if (/^\s*<(?:!doctype html|html|head|body)\b/i.test(text)) {
    return 'html';
  }
  if (/^\s*<(?:\?xml|[a-z][\w:.-]*[\s/>])/i.test(text)) {
    return 'xml';
  }
  if (first === undefined) {
    return undefined;
  }
  if (ACCESS_LOG_LINE.test(first) || /^#(?:Version|Fields|Software):/.test(first)) {
    return 'access_log';
  }
  if (isSnowplowTsv(text)) {
    return 'snowplow_tsv';
  }
  return isCsv(text, isCut) ? 'csv' : undefined;
}

/**
 * Snowplow's enriched events: more than a hundred columns without a header. The fourth is a time,
 * the seventh a UUID.
 */
function isSnowplowTsv(text: string): boolean {
  const [line = ''] = text.split('\n', 1);
  const fields = line.split('\t');
  return (
    fields.length > 100 &&
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(fields[3] ?? '') &&
    /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(fields[6] ?? '')
  );
}
