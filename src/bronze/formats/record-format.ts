/** What the records of a file are written in. */
import type { FORMAT_NAMES } from '../../mapping/mapping.ts';
import type { Compression } from '../decompress.ts';

export const RECORD_FORMATS = [
  /** One JSON object a line. */
  'json_lines',
  /** JSON arrays; the records are their elements. */
  'json_array',
  /** JSON objects one behind the other, on any number of lines. */
  'json_values',
  /** Rows below a header, with commas, semicolons, tabs or bars between the fields. */
  'csv',
  /** Snowplow's enriched events, tab-separated without a header. */
  'snowplow_tsv',
  'parquet',
  /** Avro object container files. */
  'avro',
  /** Avro as Azure Event Hubs Capture writes it; the records are the bodies of its events. */
  'event_hubs_capture',
] as const;

export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** What a source may be said to deliver; of JSON the content tells the rest. */
export type DeclaredFormat = (typeof FORMAT_NAMES)[number];

/** How the records of a file are told from its bytes. */
export interface FileLayout {
  format: RecordFormat;
  compression: Compression;
}

export function isRecordFormat(text: unknown): text is RecordFormat {
  return RECORD_FORMATS.some((format) => format === text);
}

/** Such a file is its record lines: any part of it can be read by itself. */
export function isPlainLines({ format, compression }: FileLayout): boolean {
  return format === 'json_lines' && compression === 'none';
}
