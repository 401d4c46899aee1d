/** Files that are not made of lines of JSON: every line would go to quarantine, and nobody means that. */
import { ClicklakeError } from '../errors.ts';
import { detectFormat, type FileFormat, FORMAT_WINDOW_BYTES } from './detect-format.ts';

const TO_LINES = 'convert it to one JSON object a line, for example with';

/** What the file is, behind its name in a sentence, and what to do. */
const OTHER_FORMATS: Record<Exclude<FileFormat, 'json_lines'>, { is: string; hint: string }> = {
  json_array: {
    is: 'holds a JSON array, not one event a line',
    hint: `${TO_LINES} jq -c '.[]' events.json > events.ndjson`,
  },
  json_values: {
    is: 'holds JSON objects that do not stand on a line each',
    hint: `${TO_LINES} jq -c . events.json > events.ndjson; where a backslash and an n separate them, begin with sed 's/}\\\\n{/}{/g'`,
  },
  csv: {
    is: 'is CSV, not JSON',
    hint: `${TO_LINES} duckdb: COPY (FROM 'events.csv') TO 'events.ndjson' (FORMAT json)`,
  },
  parquet: {
    is: 'is Parquet, not JSON',
    hint: `${TO_LINES} duckdb: COPY (FROM 'events.parquet') TO 'events.ndjson' (FORMAT json)`,
  },
  avro: {
    is: 'is Avro, not JSON',
    hint: `${TO_LINES} avro-tools tojson events.avro > events.ndjson`,
  },
  orc: { is: 'is ORC, not JSON', hint: 'convert it to one JSON object a line' },
  zip: { is: 'is a ZIP archive', hint: 'unpack it, and ingest the files in it' },
  bzip2: {
    is: 'is compressed by bzip2',
    hint: 'decompress it: bunzip2; .gz and .zst are read as they are',
  },
  xz: { is: 'is compressed by xz', hint: 'decompress it: unxz; .gz and .zst are read as they are' },
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
    hint: 'Clicklake takes events of a shop: have the tracker or the server log one JSON object a line',
  },
  utf16: {
    is: 'looks like UTF-16, and events must be UTF-8',
    hint: 'convert it: iconv -f UTF-16 -t UTF-8',
  },
};

/** Throws `input_refused` unless a text that begins like this is made of lines. */
export function refuseOtherFormats(start: Buffer, name: string): void {
  const format = detectFormat(start.subarray(0, FORMAT_WINDOW_BYTES));
  if (format === 'json_lines') {
    return;
  }
  const { is, hint } = OTHER_FORMATS[format];
  throw new ClicklakeError('input_refused', `${name} ${is}`, { hint });
}
