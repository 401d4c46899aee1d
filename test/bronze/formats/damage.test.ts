/** Bytes that were changed or cut off: a file gives its records, or is refused. */
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordFormat } from '../../../src/bronze/formats/record-format.ts';
import { ClicklakeError } from '../../../src/errors.ts';
import { propertyRuns } from '../../fixtures/long-runs.ts';
import { linesOf } from '../../fixtures/record-lines.ts';
import { ENRICHED_EVENTS } from '../../fixtures/snowplow-tsv.ts';

const JSON_TEXT = JSON.stringify([{ a: 'x"\\', b: [1, { c: null }] }, { a: 2 }, []], null, 1);
const SAMPLES: [RecordFormat, () => Promise<Buffer>][] = [
  ['json_array', async () => Buffer.from(JSON_TEXT)],
  ['json_values', async () => Buffer.from('{"a":"b"}\\n{"c":[{}]} "d" 5')],
  ['csv', async () => Buffer.from('a;"b";c\r\n1;"x ""y""\n";ä\r\n;;\n')],
  ['snowplow_tsv', async () => Buffer.from(ENRICHED_EVENTS)],
  ['avro', () => readFile('test/fixtures/formats/snappy.avro')],
  ['avro', () => readFile('test/fixtures/formats/deflate.avro')],
  ['avro', () => readFile('test/fixtures/formats/zstandard.avro')],
  [
    'event_hubs_capture',
    () => readFile('test/acceptance/cases/formats/input/landing/capture.avro'),
  ],
];

describe('a damaged file is read or refused, and nothing else', () => {
  it.each(SAMPLES)('%s', async (format, sample) => {
    const whole = await sample();
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
        async (changes, end) => {
          const bytes = Buffer.from(whole.subarray(0, end));
          for (const [at, byte] of changes) {
            if (at < end) {
              bytes[at] = byte;
            }
          }
          try {
            await linesOf(format, bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(ClicklakeError);
            expect(error).toMatchObject({ code: 'input_refused' });
          }
        },
      ),
      propertyRuns(100, 2_000),
    );
  });
});
