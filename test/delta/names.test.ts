import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFilePath, encodeFilePath } from '../../src/delta/file-path.ts';
import { commitPath, parseLogFileName } from '../../src/delta/log-paths.ts';
import { partitionValueToText } from '../../src/delta/partition-values.ts';
import { parseValue } from '../../src/delta/values.ts';

describe('paths in the log', () => {
  it('encodes what a URI cannot have, once', () => {
    expect(encodeFilePath('day=2024-01-01 00%3A00/a b.parquet')).toBe(
      'day=2024-01-01%2000%253A00/a%20b.parquet',
    );
    expect(encodeFilePath('x=ä/a?b#c:d+e&f')).toBe('x=%C3%A4/a%3Fb%23c%3Ad+e&f');
  });

  it('gives every path back', () => {
    const part = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text !== '.' && text !== '..' && !text.includes('/'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const path = parts.join('/');
        expect(decodeFilePath(encodeFilePath(path), 'test')).toBe(path);
      }),
    );
  });

  it('reads what Spark and delta-rs write', () => {
    expect(decodeFilePath('day=2024-01-01%2000%253A00%253A00/part-0.parquet', 'x')).toBe(
      'day=2024-01-01 00%3A00%3A00/part-0.parquet',
    );
    expect(decodeFilePath('name=ä/part=0.parquet', 'x')).toBe('name=ä/part=0.parquet');
  });

  it.each(['s3://bucket/file', 'file:///tmp/x', 'abfss://c@a/x', '/absolute/file'])(
    'refuses %s, a file outside the table',
    (path) => {
      expect(() => decodeFilePath(path, 'x')).toThrow(
        expect.objectContaining({ code: 'unsupported_table_feature' }),
      );
    },
  );

  it.each(['../x', 'a/../../x', 'a//b', '100%.parquet', '%2E%2E/x', ''])(
    'calls %s damaged',
    (path) => {
      expect(() => decodeFilePath(path, 'x')).toThrow(
        expect.objectContaining({ code: 'table_corrupt' }),
      );
    },
  );

  it('knows the files of the log by their names', () => {
    expect(commitPath('a/t', 12)).toBe('a/t/_delta_log/00000000000000000012.json');
    expect(commitPath('', 0)).toBe('_delta_log/00000000000000000000.json');
    const version = '00000000000000000010';
    const kinds = {
      [`${version}.json`]: { kind: 'commit', version: 10 },
      [`${version}.checkpoint.parquet`]: { kind: 'checkpoint', version: 10 },
      [`${version}.checkpoint.80a083e8-7026.json`]: { kind: 'checkpoint', version: 10 },
      [`${version}.checkpoint.80a083e8-7026.parquet`]: { kind: 'checkpoint', version: 10 },
      [`${version}.checkpoint.0000000002.0000000003.parquet`]: {
        kind: 'checkpoint part',
        version: 10,
        part: 2,
        partCount: 3,
      },
      [`${version}.00000000000000000012.compacted.json`]: { kind: 'auxiliary', version: 10 },
      [`${version}.crc`]: { kind: 'auxiliary', version: 10 },
      [`.${version}.json.crc`]: undefined,
      '10.json': undefined,
      _last_checkpoint: undefined,
    };
    for (const [name, expected] of Object.entries(kinds)) {
      expect(parseLogFileName(name), name).toEqual(expected);
    }
  });
});

describe('partition values', () => {
  it('are written as the protocol says', () => {
    expect(partitionValueToText('date', '2024-05-01')).toBe('2024-05-01');
    expect(partitionValueToText('long', 9007199254740993n)).toBe('9007199254740993');
    expect(partitionValueToText('boolean', true)).toBe('true');
    expect(partitionValueToText('decimal(18,2)', '1.50')).toBe('1.50');
    expect(partitionValueToText('timestamp', '2024-05-01 00:00:00.5+00')).toBe(
      '2024-05-01T00:00:00.500000Z',
    );
    expect(partitionValueToText('timestamp', -1n)).toBe('1969-12-31T23:59:59.999999Z');
    expect(partitionValueToText('timestamp_ntz', 0n)).toBe('1970-01-01T00:00:00.000000');
  });

  it('are null for null and for the empty string', () => {
    expect(partitionValueToText('string', null)).toBeNull();
    expect(partitionValueToText('string', '')).toBeNull();
  });

  it('are refused when they are not of the type', () => {
    for (const [type, value] of [
      ['date', '1/2/2024'],
      ['long', '1.5'],
      ['timestamp', 'soon'],
    ] as const) {
      expect(() => partitionValueToText(type, value)).toThrow(/not a partition value/);
    }
  });

  it('of timestamps come back to the microsecond', () => {
    fc.assert(
      fc.property(fc.bigInt(-62_135_596_800_000_000n, 253_402_300_799_999_999n), (micros) => {
        const text = partitionValueToText('timestamp', micros);
        expect(parseValue('timestamp', text as string)).toBe(micros);
      }),
    );
  });
});
