import { readFile } from 'node:fs/promises';
import type avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../../src/bronze/formats/avro-values.ts';
import { decompressSnappy } from '../../../src/bronze/formats/snappy.ts';
import { avroFile, CAPTURE_SCHEMA } from '../../fixtures/avro-file.ts';
import { linesOf } from '../../fixtures/record-lines.ts';
import { hasShared, sharedPath } from '../../fixtures/shared-samples.ts';

async function jsonOf(bytes: Buffer, size?: number): Promise<unknown[]> {
  return (await linesOf('avro', bytes, size)).map((line) => JSON.parse(line));
}

const EVENT: avro.Schema = {
  type: 'record',
  name: 'Event',
  namespace: 'shop',
  fields: [
    { name: 'event_id', type: 'string' },
    { name: 'user_id', type: ['null', 'string'] },
    { name: 'price', type: ['null', 'double'] },
    { name: 'quantity', type: 'int' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['view', 'buy'] } },
    { name: 'last_kind', type: 'Kind' },
    {
      name: 'items',
      type: {
        type: 'array',
        items: { type: 'record', name: 'Item', fields: [{ name: 'sku', type: 'string' }] },
      },
    },
    { name: 'params', type: { type: 'map', values: ['null', 'long', 'boolean'] } },
    { name: 'raw', type: 'bytes' },
    { name: 'of_size', type: { type: 'fixed', name: 'Two', size: 2 } },
    { name: 'ratio', type: 'float' },
    { name: 'next', type: ['null', 'Event'] },
  ],
};

function event(index: number, next: unknown = null): Record<string, unknown> {
  return {
    ...{ event_id: `e${index}`, user_id: index % 2 === 0 ? null : { string: 'ü"\n' } },
    ...{ price: { double: 19.99 }, quantity: -index, kind: 'buy', last_kind: 'view' },
    items: [{ sku: 'a' }, { sku: 'b' }],
    params: { one: { long: 4_503_599_627_370_495 }, two: { boolean: true }, three: null },
    ...{ raw: Buffer.from('Käse'), of_size: Buffer.of(0xff, 0), ratio: Math.fround(19.99) },
    next: next === null ? null : { 'shop.Event': next },
  };
}

const EXPECTED = {
  ...{ event_id: 'e1', user_id: 'ü"\n', price: 19.99, quantity: -1, kind: 'buy' },
  ...{ last_kind: 'view', items: [{ sku: 'a' }, { sku: 'b' }] },
  params: { one: 4_503_599_627_370_495, two: true, three: null },
  ...{ raw: 'Käse', of_size: '/wA=', ratio: 19.99, next: null },
};

describe('records of Avro', () => {
  it.each(['null', 'deflate'] as const)('are objects, with %s blocks', async (codec) => {
    const bytes = await avroFile(EVENT, [[event(1), event(0, event(1))]], codec);
    for (const size of [1, 7, 100_000]) {
      expect(await jsonOf(bytes, size)).toEqual([
        EXPECTED,
        { ...EXPECTED, event_id: 'e0', user_id: null, quantity: 0, next: EXPECTED },
      ]);
    }
  });

  it('of many blocks come in their order', async () => {
    const records = Array.from({ length: 20_000 }, (_, index) => event(index));
    const found = await jsonOf(await avroFile(EVENT, [records], 'deflate'), 5_000);
    expect(found.map((each) => (each as { event_id: string }).event_id)).toEqual(
      records.map(({ event_id }) => event_id),
    );
  });

  it.each(['snappy', 'zstandard', 'deflate'])(
    'are read from %s blocks of other writers',
    async (codec) => {
      const bytes = await readFile(`test/fixtures/formats/${codec}.avro`);
      const rows = (await jsonOf(bytes)) as { id: number; text: string }[];
      expect(rows).toHaveLength(500);
      expect(rows[7]).toEqual({ id: 7, text: `row 7 ${'abc'.repeat(7)}`, price: 3.5 });
      expect(rows.map(({ id }) => id)).toEqual(rows.map((_, index) => index));
    },
  );

  it('may be none', async () => {
    expect(await jsonOf(await avroFile(EVENT, []))).toEqual([]);
  });
});

describe('a value of Avro is exact', () => {
  /** Bytes as the specification's examples and rules give them. */
  it.each<[string, unknown, string, string]>([
    ['the largest long', 'long', 'feffffffffffffffff01', '9223372036854775807'],
    ['the smallest long', 'long', 'ffffffffffffffffff01', '-9223372036854775808'],
    ['a long beyond 2^53', 'long', '8280808080808020', '9007199254740993'],
    [
      'microseconds of today',
      { type: 'long', logicalType: 'timestamp-micros' },
      '80b9a6cca0d7b006',
      '"2026-11-28T21:40:00.123456Z"',
    ],
    [
      'a year of five digits',
      { type: 'long', logicalType: 'timestamp-millis' },
      '80f0fea1fa9d73',
      '"+010000-01-01T00:00:00.000Z"',
    ],
    ['2^53', 'long', '8080808080808020', '9007199254740992'],
    ['less than -2^53', 'long', '8180808080808020', '-9007199254740993'],
    [
      'nanoseconds of today',
      { type: 'long', logicalType: 'timestamp-nanos' },
      'aab4a4d8f1a6b5af2f',
      '"2024-01-31T11:20:00.123456789Z"',
    ],
    ['an int', 'int', '7f', '-64'],
    ['a double', 'double', '7d3f355eba493340', '19.288'],
    ['not a number', 'double', '000000000000f87f', '"NaN"'],
    ['infinity', 'float', '0000807f', '"Infinity"'],
    [
      'a decimal',
      { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 },
      '0404d2',
      '12.34',
    ],
    [
      'a small one',
      { type: 'bytes', logicalType: 'decimal', precision: 10, scale: 3 },
      '02ff',
      '-0.001',
    ],
    [
      'a large one',
      { type: 'fixed', name: 'D', size: 12, logicalType: 'decimal', precision: 28, scale: 2 },
      '0000000fffffffffffffffff',
      '2951479051793528258.55',
    ],
    ['a day', { type: 'int', logicalType: 'date' }, '01', '"1969-12-31"'],
    [
      'milliseconds',
      { type: 'long', logicalType: 'timestamp-millis' },
      '01',
      '"1969-12-31T23:59:59.999Z"',
    ],
    [
      'microseconds',
      { type: 'long', logicalType: 'timestamp-micros' },
      '02',
      '"1970-01-01T00:00:00.000001Z"',
    ],
    [
      'nanoseconds',
      { type: 'long', logicalType: 'timestamp-nanos' },
      '01',
      '"1969-12-31T23:59:59.999999999Z"',
    ],
    [
      'local time',
      { type: 'long', logicalType: 'local-timestamp-millis' },
      '02',
      '"1970-01-01T00:00:00.001"',
    ],
    ['time of day', { type: 'long', logicalType: 'time-micros' }, '02', '"00:00:00.000001"'],
    [
      'a UUID',
      { type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' },
      '0123456789abcdef0123456789abcdef',
      '"01234567-89ab-cdef-0123-456789abcdef"',
    ],
  ])('%s', (_, schema, hex, json) => {
    const cursor = { bytes: Buffer.from(hex, 'hex'), at: 0 };
    expect(compileSchema(JSON.stringify(schema)).read(cursor)).toBe(json);
    expect(cursor.at).toBe(cursor.bytes.length);
  });
});

describe('Avro that is damaged is refused as a whole', () => {
  const whole = () => avroFile(EVENT, [[event(1), event(2), event(3)]]);

  it('wherever it is cut', async () => {
    const bytes = await whole();
    const header = (await avroFile(EVENT, [])).length;
    for (let end = 4; end < bytes.length; end += 1) {
      if (end !== header) {
        const reading = linesOf('avro', bytes.subarray(0, end));
        await expect(reading, `cut at ${end}`).rejects.toMatchObject({ code: 'input_refused' });
      }
    }
  });

  it('when a block does not end where it says', async () => {
    const bytes = await whole();
    bytes[bytes.length - 1]! ^= 1;
    await expect(linesOf('avro', bytes)).rejects.toThrow(/block 1 does not end where it says/);
  });

  it('when a text is not UTF-8', async () => {
    const bytes = await whole();
    bytes[bytes.indexOf('e2')] = 0xff;
    await expect(linesOf('avro', bytes)).rejects.toThrow(/does not fit its schema/);
  });

  it('when Snappy or its checksum is', async () => {
    const bytes = await readFile('test/fixtures/formats/snappy.avro');
    const end = bytes.length - 16;
    bytes[end - 1]! ^= 1;
    await expect(linesOf('avro', bytes)).rejects.toThrow(/checksum/);
    expect(() => decompressSnappy(Buffer.from('0a00610100', 'hex'))).toThrow(RangeError);
  });

  it('when its header has no schema, or one that is none', async () => {
    const empty = Buffer.concat([Buffer.from('Obj\x01', 'latin1'), Buffer.alloc(500)]);
    await expect(linesOf('avro', empty)).rejects.toThrow(/truncated \(its header has no schema\)$/);
    const bytes = await whole();
    bytes.write('nullnull', bytes.indexOf('{"type"'));
    await expect(linesOf('avro', bytes)).rejects.toThrow(/truncated \(its schema is not valid\)$/);
  });

  it('and a codec that is not read is named', async () => {
    const bytes = await whole();
    // The name's length and the name, behind the key's.
    bytes.write('lzma', bytes.indexOf('avro.codec') + 'avro.codec'.length + 1);
    await expect(linesOf('avro', bytes)).rejects.toThrow(/Avro with lzma blocks/);
  });
});

function captured(body: string | Buffer | null): Record<string, unknown> {
  return {
    ...{ SequenceNumber: 1, Offset: '0', EnqueuedTimeUtc: '1/5/2026 10:00:00 AM' },
    SystemProperties: { 'x-opt-partition-key': { string: 'k' } },
    Properties: { a: null, n: { long: 5 } },
    Body: body === null ? null : { bytes: Buffer.from(body) },
  };
}

describe('the bodies of Event Hubs Capture', () => {
  it('are the records, byte for byte', async () => {
    const bodies = ['{"event_id":"1"}', ' {"a": 1.50} ', 'no json'];
    const bytes = await avroFile(CAPTURE_SCHEMA, [bodies.map(captured)], 'deflate');
    expect(await linesOf('event_hubs_capture', bytes)).toEqual(bodies);
  });

  it('may stand on several lines, and hold several records', async () => {
    const bodies = ['{\n  "a": 1\n}', '{"a":1}\n{"a":2}\n', '{"a":"x\ny"}', '{"a":\n"b', null];
    const bytes = await avroFile(CAPTURE_SCHEMA, [bodies.map(captured)]);
    expect(await linesOf('event_hubs_capture', bytes)).toEqual([
      ...['{ "a": 1 }', '{"a":1}', '{"a":2}', '{"a":"x\fy"}', '{"a":\f"b', ''],
    ]);
  });

  it('may be none', async () => {
    expect(await linesOf('event_hubs_capture', await avroFile(CAPTURE_SCHEMA, []))).toEqual([]);
  });

  it.skipIf(!hasShared)('are read from real files (needs the shared samples)', async () => {
    const read = async (name: string) =>
      linesOf(
        'event_hubs_capture',
        await readFile(sharedPath(`samples/layouts/23-eventhub-avro/${name}`)),
      );
    const lines = await read('40.avro');
    expect(lines.map((line) => typeof JSON.parse(line).event_id)).toEqual(['string', 'string']);
    expect(await read('41.avro')).toEqual([]);
  });
});
