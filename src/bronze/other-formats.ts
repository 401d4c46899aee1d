/**
 * Refuses files in other formats: otherwise every line would be quarantined, which nobody wants.
 */
import { ClicklakeError } from '../errors.ts';
import { detectFormat, type OtherFormat, tellFormat } from './detect-format.ts';
import { type DeclaredFormat, isRecordFormat, type RecordFormat } from './formats/record-format.ts';
import { tellWideEncoding } from './text-encodings.ts';

const SENT_AGAIN = 'get the file again from its sender';
const DECOMPRESSED = 'gzip and Zstandard are read as they are';

/** What the file is, as the end of a sentence, and what to do. */
const OTHER_FORMATS: Record<OtherFormat, { is: string; hint: string }> = {
  orc: { is: 'is ORC, which is not read', hint: 'convert it to Parquet' },
  zip: { is: 'is a ZIP archive', hint: 'unpack it, and ingest the files in it' },
  tar: { is: 'is a tar archive', hint: 'unpack it: tar -xf, and ingest the files in it' },
  seven_zip: { is: 'is a 7-Zip archive', hint: 'unpack it, and ingest the files in it' },
  rar: { is: 'is a RAR archive', hint: 'unpack it, and ingest the files in it' },
  bzip2: { is: 'is compressed by bzip2', hint: `decompress it: bunzip2; ${DECOMPRESSED}` },
  xz: { is: 'is compressed by xz', hint: `decompress it: unxz; ${DECOMPRESSED}` },
  lz4: { is: 'is compressed by lz4', hint: `decompress it: unlz4; ${DECOMPRESSED}` },
  gzip: { is: 'is gzip in a compressed file', hint: 'decompress it once: gunzip' },
  zstd: { is: 'is Zstandard in a compressed file', hint: 'decompress it once' },
  no_parquet: { is: 'is not Parquet, although its name says so', hint: SENT_AGAIN },
  no_avro: { is: 'is not Avro, although its name says so', hint: SENT_AGAIN },
  html: {
    is: 'is a page of HTML',
    hint: 'it may be a login or error page saved in place of the events: get the file again from its sender',
  },
  xml: {
    is: 'is XML',
    hint: 'it may be an error message saved in place of the events: get the file again from its sender',
  },
  access_log: {
    is: "is a web server's access log, not JSON",
    hint: 'Clicklake reads events of a shop: let the tracker or the server log one JSON object per line',
  },
  utf16: wide('UTF-16'),
  utf16le: wide('UTF-16LE'),
  utf16be: wide('UTF-16BE'),
  utf32: wide('UTF-32'),
  utf32le: wide('UTF-32LE'),
  utf32be: wide('UTF-32BE'),
};

/**
 * The format of a text from its beginning: the declared one, else the detected one. Throws
 * `input_refused` for a format that is not supported.
 */
export function requireRecordFormat(
  start: Buffer,
  name: string,
  declared?: DeclaredFormat,
): RecordFormat {
  const isText = declared === 'json' || declared === 'csv';
  const wideText = isText ? tellWideEncoding(start) : undefined;
  if (declared !== undefined && wideText === undefined) {
    return declared === 'json' ? jsonFormat(start) : declared;
  }
  const format = wideText ?? tellFormat(start, name);
  if (isRecordFormat(format)) {
    return format;
  }
  const { is, hint } = OTHER_FORMATS[format];
  throw new ClicklakeError('input_refused', `${name} ${is}`, { hint });
}

function wide(encoding: string): { is: string; hint: string } {
  return {
    is: `looks like ${encoding}, and events must be UTF-8`,
    hint: `save it as UTF-8, or convert it: iconv -f ${encoding} -t UTF-8`,
  };
}

function jsonFormat(start: Buffer): RecordFormat {
  const format = detectFormat(start);
  return format === 'json_array' || format === 'json_values' ? format : 'json_lines';
}
