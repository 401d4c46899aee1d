/** The formats of records in files. */
import type { FORMAT_NAMES } from '../../mapping/mapping.ts';
import type { Compression } from '../decompress.ts';

export const RECORD_FORMATS = [
  /** One JSON object per line. */
  'json_lines',
  /** JSON arrays; the records are their elements. */
  'json_array',
  /** Consecutive JSON objects, on any number of lines. */
  'json_values',
  /** Rows below a header; fields are separated by commas, semicolons, tabs or bars. */
  'csv',
  /** Snowplow's enriched events, tab-separated without a header. */
  'snowplow_tsv',
  'parquet',
  /** Avro object container files. */
  'avro',
  /** Avro as written by Azure Event Hubs Capture; the records are the bodies of its events. */
  'event_hubs_capture',
] as const;

export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** The format that a source can be declared to deliver. The layout of JSON is detected. */
export type DeclaredFormat = (typeof FORMAT_NAMES)[number];

/** How to decode a file to its records. */
export interface FileLayout {
  format: RecordFormat;
  compression: Compression;
}

export function isRecordFormat(text: unknown): text is RecordFormat {
  return RECORD_FORMATS.some((format) => format === text);
}

/** True if the stored bytes are the record lines, so that any part can be read on its own. */
export function isPlainLines({ format, compression }: FileLayout): boolean {
  return format === 'json_lines' && compression === 'none';
}
