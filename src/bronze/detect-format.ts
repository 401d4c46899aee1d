/**
 * What a file of records is, told by how its text begins, and in doubt by its name. In doubt still it is
 * lines: a bad first line belongs in quarantine, and must not refuse the lines behind it.
 */
import { endingOf } from './decompress.ts';
import { isCsv } from './detect-csv.ts';
import type { RecordFormat } from './formats/record-format.ts';
import { tellWideEncoding, type WideEncoding } from './text-encodings.ts';

/** Formats that records are not read from. */
export type OtherFormat =
  | 'orc'
  | 'zip'
  | 'tar'
  | 'seven_zip'
  | 'rar'
  | 'bzip2'
  | 'xz'
  | 'lz4'
  /** Compressed in a compressed file. */
  | 'gzip'
  | 'zstd'
  | 'html'
  | 'xml'
  | 'access_log'
  | WideEncoding
  /** By its name, but not by its content. */
  | 'no_parquet'
  | 'no_avro';

export type FileFormat = RecordFormat | OtherFormat;

/** How much of a text `detectFormat` wants to see. */
export const FORMAT_WINDOW_BYTES = 64 * 1024;
/** More is looked at where so much of an object is one line: another may follow on it. */
export const LONGEST_WINDOW_BYTES = 1024 * 1024;

const MAGIC: readonly (readonly [FileFormat, string])[] = [
  ['parquet', 'PAR1'],
  ['avro', 'Obj\x01'],
  ['orc', 'ORC\n'],
  ['orc', 'ORC\x0a\x03'],
  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'],
  ['seven_zip', "7z\xbc\xaf'\x1c"],
  ['rar', 'Rar!\x1a\x07'],
  ['xz', '\xfd7zXZ\x00'],
  ['lz4', '\x04"M\x18'],
  ['gzip', '\x1f\x8b\x08'],
  ['zstd', '(\xb5/\xfd'],
];
/** The digit is the size of its blocks. */
const BZIP2 = /^BZh[1-9]/;
const TAR = { offset: 257, magic: 'ustar' };

/** By the content, then by the name, which may end in that of a compression. */
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

/** `start`: the beginning of the decompressed text as `peekText` gives it. */
export function detectFormat(start: Buffer): FileFormat {
  const head = start.toString('latin1', 0, 8);
  const magic = MAGIC.find(([, bytes]) => head.startsWith(bytes));
  if (magic !== undefined) {
    return magic[0] === 'avro' && isEventHubsCapture(start) ? 'event_hubs_capture' : magic[0];
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
  // The usual file is told by its first line.
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

/** By the name of the records in the schema, with which the file begins: in full or with its namespace. */
function isEventHubsCapture(start: Buffer): boolean {
  const schema = start.toString('latin1');
  return schema.includes('Microsoft.ServiceBus.Messaging') && /[".]EventData"/.test(schema);
}

/** The lines that are not blank, without white space around them; the last only when it is whole. */
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

/** As `JSON.parse` takes it, however deep, lone surrogates too. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Text that begins with a bracket: an array, unless lines behind the first are objects by themselves. In
 * an array of a row a line these end with a comma, all but the last, which a bracket follows.
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

/** Text that begins with an object whose line is not that object alone. */
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
 * Whether the text is an object or array over several lines, or the beginning of one: all that is there up to
 * the last comma is right.
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

/** The object that a text begins with, by its brackets, and what follows; undefined: it does not end. */
function firstObject(text: string): { text: string; rest: string } | undefined {
  for (const { index, open } of brackets(text)) {
    if (open === '') {
      return { text: text.slice(0, index + 1), rest: text.slice(index + 1) };
    }
  }
  return undefined;
}

/**
 * The brackets and commas of JSON up to a text that no quote ends on its line; `open`: what would close the
 * brackets that are open behind each.
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

/** Text in which no line begins like an object. */
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

/** Snowplow's enriched events: over a hundred columns without a header, the fourth a time and the seventh a UUID. */
function isSnowplowTsv(text: string): boolean {
  const [line = ''] = text.split('\n', 1);
  const fields = line.split('\t');
  return (
    fields.length > 100 &&
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(fields[3] ?? '') &&
    /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(fields[6] ?? '')
  );
}
