import { describe, expect, it } from 'vitest';
import { plainRows } from '../../src/engines/spark/plain-values.ts';
import { toJsonValue } from '../../src/pipeline/json-values.ts';

describe('values of Spark', () => {
  const day = 20_454;
  const micros = 1_767_225_600_500_000n;

  it.each([
    ['date', day, '2026-01-01'],
    ['timestamp', micros, '2026-01-01T00:00:00.500000Z'],
    ['binary', Buffer.from([0, 255]), 'AP8='],
    ['array<date>', [day, null], ['2026-01-01', null]],
    ['struct<a b:date,n:int>', { 'a b': day, n: null }, { 'a b': '2026-01-01', n: null }],
    ['struct<d:decimal(18,2),x:date>', { d: '1.50', x: day }, { d: '1.50', x: '2026-01-01' }],
    ['map<string,struct<z:date>>', [['k', { z: day }]], { k: { z: '2026-01-01' } }],
    ['map<int,array<timestamp>>', [[1, [micros]]], { 1: ['2026-01-01T00:00:00.500000Z'] }],
    ['array<struct<m:map<string,date>,w:date>>', [{ m: [], w: null }], [{ m: {}, w: null }]],
    ['struct<a:date>', null, null],
  ])('of the type %s become text and JSON, whatever they are nested in', (type, value, json) => {
    const [row] = plainRows([{ name: 'v', type }], [[value]]);
    expect(toJsonValue(row?.[0])).toEqual(json);
  });

  it('of a type that is not known are refused', () => {
    expect(() => plainRows([{ name: 'v', type: 'unknown' }], [[1]])).toThrow('a type without text');
  });
});
