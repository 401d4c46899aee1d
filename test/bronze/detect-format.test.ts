import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  detectFormat,
  type FileFormat,
  FORMAT_WINDOW_BYTES,
  LONGEST_WINDOW_BYTES,
  tellFormat,
} from '../../src/bronze/detect-format.ts';
import { requireRecordFormat } from '../../src/bronze/other-formats.ts';
import { peekText } from '../../src/bronze/scan-text.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';

const detect = (text: string | Buffer): FileFormat =>
  detectFormat(Buffer.from(text).subarray(0, FORMAT_WINDOW_BYTES));

const EVENT = '{"event_id":"1","page_url":"/a?b=[1,2]","items":[{"id":"x"}]}';

function utf32(text: string): Buffer {
  return Buffer.concat(
    [...text].map((character) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
      return bytes;
    }),
  );
}

describe('files of lines stay files of lines', () => {
  it.each([
    ['nothing', ''],
    ['blank lines', '\n\n  \n'],
    ['one object without a line end', EVENT],
    ['a byte-order mark', `\ufeff${EVENT}\n${EVENT}\n`],
    ['blank lines first', `\n\n${EVENT}\n`],
    ['carriage returns', `${EVENT}\r\n${EVENT}\r\n`],
    ['white space before the objects', `  ${EVENT}\n\t${EVENT}\n`],
    ['a first line truncated', `${EVENT.slice(0, 30)}\n${EVENT}\n`],
    ['a first line truncated in an array', `[{"a":1,"b\n${EVENT}\n`],
    ['an array as the first line', `[${EVENT}]\n${EVENT}\n`],
    ['an open array as the first line', `[${EVENT},]\n${EVENT}\n${EVENT}\n`],
    ['a bracket as the first line', `[\n${EVENT}\n${EVENT}\n`],
    ['two objects on the first line', `${EVENT}${EVENT}\n${EVENT}\n${EVENT}\n`],
    ['a page of HTML as the first line', `<html><title>502</title></html>\n${EVENT}\n`],
    ['a header as the first line', `event_id,user_id\n${EVENT}\n`],
    ['text as the first line', `starting, please wait\n${EVENT}\n`],
    ['a number as the first line', `42\n${EVENT}\n`],
    ['text alone', 'hello\n'],
    ['words with commas', 'well, then: {"not": json\n'],
    ['zeros', Buffer.alloc(5_000)],
    ['zeros in a line', `{"a":"\0x\0y\0z\0"}\n${EVENT}\n`],
    ['bytes of no meaning', Buffer.from([0x80, 0x00, 0x9f, 0x0a, 0xff, 0x01])],
    ['open quotes in a row, and objects below', `a,b\n1,"\n${EVENT}\n${EVENT}\n`],
    ['objects in the place of rows', 'a,b\n{"x":[1,2]}\n{"x":[1,2]}\n'],
    ['a stray object among rows', `event_id,user_id\n1,ann\n${EVENT}\n`],
    [
      'words with commas that are no names',
      '2026-01-05 10:00:00,u1,view\n2026-01-05 10:00:01,u1,view\n',
    ],
    ['lines of a log with objects', `INFO, ${EVENT}\nINFO, ${EVENT}\n`],
    ['a first object longer than is looked at', `{"a":"${'x'.repeat(100_000)}"}\n${EVENT}\n`],
  ])('%s', (_, text) => {
    expect(detect(text)).toBe('json_lines');
  });

  it('whatever the events are', () => {
    const anyObject = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(anyObject, { minLength: 1, maxLength: 5 }), (events) => {
        const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
        expect(detect(text)).toBe('json_lines');
      }),
    );
  });
});

describe('a file longer than is looked at', () => {
  const EMPTY = { tags: [{}], text: 'x'.repeat(1000) };
  const MANY = Array.from({ length: 200 }, () => EMPTY);
  const LARGE = { rows: MANY };
  it.each<[string, string, FileFormat]>([
    ['an array with objects on lines of their own', JSON.stringify(MANY, null, 2), 'json_array'],
    [
      'an array with its commas on lines',
      `[\n${MANY.map((row) => JSON.stringify(row)).join('\n,\n')}\n]`,
      'json_array',
    ],
    ['an object over many lines', JSON.stringify(LARGE, null, 2), 'json_values'],
    [
      'an object with more than one member over many lines',
      JSON.stringify({ a: 1, b: {}, ...LARGE }, null, 2),
      'json_values',
    ],
    [
      'an object truncated in lines',
      `{"a":1,"b":\n${MANY.map((row) => JSON.stringify(row)).join('\n')}`,
      'json_lines',
    ],
    [
      'an object truncated behind a comma',
      `{"a":1,\n${MANY.map((row) => JSON.stringify(row)).join('\n')}`,
      'json_lines',
    ],
  ])('is known as %s', (_, text, format) => {
    expect(detect(text)).toBe(format);
  });

  it('is looked at up to the end of its first line, or a megabyte', async () => {
    const large = JSON.stringify(LARGE);
    const startOf = async (text: string): Promise<Buffer> => {
      async function* chunks(): AsyncGenerator<Buffer> {
        for (let at = 0; at < text.length; at += 50_000) {
          yield Buffer.from(text.slice(at, at + 50_000));
        }
      }
      return (await peekText(chunks())).start;
    };
    expect(requireRecordFormat(await startOf(large + large), 'e.json')).toBe('json_values');
    expect(requireRecordFormat(await startOf(`${large}\n${large}\n`), 'e.json')).toBe('json_lines');
    expect((await startOf(`${large}\n${large}\n`)).length).toBe(large.length + 1);
    expect((await startOf(JSON.stringify([LARGE, LARGE]))).length).toBe(FORMAT_WINDOW_BYTES);
    expect((await startOf(`{"a":"${'x'.repeat(3_000_000)}"}`)).length).toBe(LONGEST_WINDOW_BYTES);
  });
});

describe('other files are known by their beginning', () => {
  const rows = [JSON.parse(EVENT), JSON.parse(EVENT)];
  it.each<[string, string | Buffer, FileFormat]>([
    ['a pretty array', JSON.stringify(rows, null, 2), 'json_array'],
    ['an array on one line', JSON.stringify(rows), 'json_array'],
    ['an empty array', '[]\n', 'json_array'],
    ['a row a line', `[\n${EVENT},\n${EVENT}\n]\n`, 'json_array'],
    ['one row in lines of its own', `[\n${EVENT}\n]\n`, 'json_array'],
    ['a row a line with the comma first', `[${EVENT}\n,${EVENT}\n]`, 'json_array'],
    ['a row a line, longer than is looked at', `[\n${`${EVENT},\n`.repeat(5_000)}`, 'json_array'],
    ['an array on each line', `[${EVENT}]\n[${EVENT}]\n`, 'json_array'],
    ['a pretty object', JSON.stringify(rows[0], null, 2), 'json_values'],
    ['pretty objects', `${JSON.stringify(rows[0], null, 2)}\n`.repeat(3), 'json_values'],
    ['objects without anything between them', EVENT.repeat(3), 'json_values'],
    ['many such, longer than is looked at', EVENT.repeat(5_000), 'json_values'],
    ['a literal \\n between objects', `${EVENT}\\n`.repeat(3), 'json_values'],
    ['CSV', 'event_time,event_type,price\n2026-01-05,view,1.5\n', 'csv'],
    ['CSV with quotes', '"event time";"event type"\n"2026-01-05";"a;b"\n', 'csv'],
    ['CSV with a line end in a field', 'id,note\n1,"two\nlines"\n', 'csv'],
    [
      'CSV with an object on lines of its own in a field',
      'id,note\n1,"\n{ ""a"": 1 }"\n2,"{}"\n',
      'csv',
    ],
    [
      'CSV with such a field, longer than is looked at',
      `id,note\n${'1,"\n{ ""a"": 1 }"\n'.repeat(5_000)}`,
      'csv',
    ],
    ['CSV with odd names', 'id,user_id,type,price (€),a&b,100%\n1,u,view,2,3,4\n', 'csv'],
    ['CSV with a first name that is empty', ',id,user_id\n0,1,u\n', 'csv'],
    ['CSV with a number for a name', '1,id,user_id\n0,1,u\n', 'csv'],
    ['CSV whose lines end with CR', 'id,user_id\r1,u\r2,u\r', 'csv'],
    ['CSV below blank lines', '\r\n\r\nid,user_id\r\n1,u\r\n', 'csv'],
    ['CSV below a line that names the separator', 'sep=:\nid:user_id\n1:u\n', 'csv'],
    ['CSV below comments', '# of 2026\n# by me\nid,user_id\n1,u\n', 'csv'],
    ['CSV whose last field is empty', 'id,note\n1,', 'csv'],
    ['CSV of no rows', 'event_id,user_id\n', 'csv'],
    ['TSV', 'event_id\tuser_id\n1\tann\n', 'csv'],
    ['Parquet', 'PAR1\x15\x04', 'parquet'],
    ['Avro', 'Obj\x01\x04\x14avro.codec', 'avro'],
    [
      'Event Hubs Capture',
      'Obj\x01\x04avro.schema {"type":"record","name":"EventData","namespace":"Microsoft.ServiceBus.Messaging"',
      'event_hubs_capture',
    ],
    [
      'Event Hubs Capture by its full name',
      'Obj\x01\x04avro.schema {"name":"Microsoft.ServiceBus.Messaging.EventData","type":"record"',
      'event_hubs_capture',
    ],
    ['ORC without compression', 'ORC\n\x03\x00\x00', 'orc'],
    ['ORC of zlib, snappy or Zstandard', Buffer.from('4f52432a7b00e3', 'hex'), 'orc'],
    ['ORC whose first chunk is large', Buffer.from('4f5243feff07e3', 'hex'), 'orc'],
    ['ORC with a line feed in the length', Buffer.from('4f52430d0a01e3', 'hex'), 'orc'],
    ['CSV that begins with the same letters', 'ORC,ORCA\n1,2\n', 'csv'],
    ['TSV that begins with the same letters', 'ORC\tid\r\n1\t2\r\n', 'csv'],
    ['ZIP', Buffer.from('504b0304140000', 'hex'), 'zip'],
    ['a tar archive', `${'events.json'.padEnd(257, '\0')}ustar  \0`, 'tar'],
    ['7-Zip', Buffer.from('377abcaf271c0004', 'hex'), 'seven_zip'],
    ['RAR', 'Rar!\x1a\x07\x01\x00', 'rar'],
    ['xz', Buffer.from('fd377a585a00', 'hex'), 'xz'],
    ['lz4', Buffer.from('04224d186440', 'hex'), 'lz4'],
    ['gzip in gzip', gzipSync(EVENT), 'gzip'],
    ['Zstandard in gzip', Buffer.from('28b52ffd2000', 'hex'), 'zstd'],
    ...'123456789'
      .split('')
      .map((level): [string, string, FileFormat] => [
        `bzip2 -${level}`,
        `BZh${level}1AY&SY`,
        'bzip2',
      ]),
    ['HTML', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'html'],
    ['XML', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'xml'],
    [
      'an access log',
      '10.0.0.1 - - [05/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512\n',
      'access_log',
    ],
    [
      "Snowplow's enriched TSV",
      `shop\tweb\t2026-01-05 10:00:01.000\t2026-01-05 10:00:00.000\t\tpage_view\t8a9d0d29-8a3b-4b5c-9d3e-000000000001${'\t'.repeat(124)}\n`,
      'snowplow_tsv',
    ],
    ['UTF-16', Buffer.from(`\ufeff${EVENT}`, 'utf16le'), 'utf16'],
    ['UTF-16 in the other order', Buffer.from(`\ufeff${EVENT}`, 'utf16le').swap16(), 'utf16'],
    ['an array in UTF-16', Buffer.from(`[${EVENT}]`, 'utf16le'), 'utf16le'],
    ['CSV in UTF-16', Buffer.from('id,größe\n1,2\n', 'utf16le'), 'utf16le'],
    [
      'CSV in UTF-16 in the other order',
      Buffer.from('id,größe\n1,2\n', 'utf16le').swap16(),
      'utf16be',
    ],
    ['UTF-32', utf32(`\ufeff${EVENT}`), 'utf32'],
    ['UTF-32 in the other order', utf32(`\ufeff${EVENT}`).swap32(), 'utf32'],
    ['UTF-32 without a byte-order mark', utf32(EVENT), 'utf32le'],
    ['such in the other order', utf32('id,name\n1,a\n').swap32(), 'utf32be'],
  ])('%s', (_, text, format) => {
    expect(detect(text)).toBe(format);
  });
});

it.each(['csv', 'json'] as const)('UTF-16 is refused in a source of %s too', (declared) => {
  const text = Buffer.from('id,name\n1,a\n', 'utf16le');
  expect(() => requireRecordFormat(text, 'the file', declared)).toThrow(
    'the file looks like UTF-16LE, and events must be UTF-8',
  );
  expect(requireRecordFormat(Buffer.from('PAR1'), 'the file', declared)).toMatch(declared);
});

describe('where the content leaves a doubt, the name decides', () => {
  it.each<[string, string, FileFormat]>([
    ['events.csv', 'event_id\n1\n', 'csv'],
    ['EVENTS.TSV.gz', '%\ta?\n1\t2\n', 'csv'],
    ['events.csv', `${EVENT}\n`, 'json_lines'],
    ['events.csv', `{"a":1,"b\n${EVENT}\n`, 'json_lines'],
    ['events.csv', '', 'json_lines'],
    ['events.csv', JSON.stringify([JSON.parse(EVENT)]), 'json_array'],
    ['events.json', 'event_id,user_id\n1,u\n', 'csv'],
    ['events.parquet', 'hello', 'no_parquet'],
    ['events.parquet', '', 'no_parquet'],
    ['events.avro.zst', 'hello', 'no_avro'],
    ['events.parquet', `${EVENT}\n`, 'json_lines'],
    ['events.txt', 'hello', 'json_lines'],
  ])('%s of %j', (name, text, format) => {
    expect(tellFormat(Buffer.from(text), name)).toBe(format);
  });
});

describe.skipIf(!hasShared)('the real layouts are known (needs the shared samples)', () => {
  const LAYOUTS = sharedPath('samples/layouts');
  const OTHERS: Record<string, FileFormat> = {
    '06-firehose/stream-1-2026-01-05-10-00-00': 'json_values',
    '06-firehose/stream-2-literal-n': 'json_values',
    '08-json-array/clickstream.json': 'json_array',
    '08-json-array/slurped-one-line.json': 'json_array',
    '08-json-array/slurped-pretty.json': 'json_array',
    '08b-array-rows/e.json': 'json_array',
    '20-rees46-csv/2019-Oct.csv': 'csv',
    '23-eventhub-avro/40.avro': 'event_hubs_capture',
    '23-eventhub-avro/41.avro': 'event_hubs_capture',
  };

  it('by their content', () => {
    const found: Record<string, FileFormat> = {};
    const files = readdirSync(LAYOUTS, { recursive: true, encoding: 'utf8' });
    for (const file of files.sort()) {
      if (!file.includes('/') || file.endsWith('.md')) {
        continue;
      }
      if (statSync(join(LAYOUTS, file)).isDirectory()) {
        continue;
      }
      const bytes = readFileSync(join(LAYOUTS, file));
      const format = detect(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
      if (format !== 'json_lines') {
        found[file] = format;
      }
    }
    expect(found).toEqual(OTHERS);
  });
});
