import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../src/delta/exact-json.ts';
import {
  addNullableColumns,
  type DeltaColumn,
  decimalOf,
  parseSchema,
  schemaFromColumns,
  schemaToText,
  typeText,
} from '../../src/delta/schema.ts';
import { COLUMNS } from './support.ts';

const parse = (text: string) => parseSchema(parseExactJson(text), 'test');

describe('the schema', () => {
  it('is written as Delta has it, with comments', () => {
    expect(JSON.parse(schemaToText(schemaFromColumns(COLUMNS)))).toEqual({
      type: 'struct',
      fields: [
        { name: 'day', type: 'date', nullable: true, metadata: {} },
        { name: 'id', type: 'long', nullable: false, metadata: { comment: 'Identifies the row.' } },
        { name: 'name', type: 'string', nullable: true, metadata: {} },
      ],
    });
  });

  it('is read back, nested types too', () => {
    const text = JSON.stringify({
      type: 'struct',
      fields: [
        { name: 'a', type: 'decimal(18,2)', nullable: true, metadata: { big: 1 } },
        {
          name: 'b',
          type: {
            type: 'array',
            elementType: {
              type: 'map',
              keyType: 'string',
              valueType: {
                type: 'struct',
                fields: [{ name: 'c', type: 'timestamp_ntz', nullable: false, metadata: {} }],
              },
              valueContainsNull: true,
            },
            containsNull: false,
          },
          nullable: true,
          metadata: {},
        },
      ],
    });
    const schema = parse(text);
    expect(JSON.parse(schemaToText(schema))).toEqual(JSON.parse(text));
    expect(typeText(schema)).toBe(
      'struct<a:decimal(18,2),b:array<map<string,struct<c:timestamp_ntz>>>>',
    );
    expect(decimalOf('decimal(18,2)')).toEqual({ precision: 18, scale: 2 });
    expect(decimalOf('long')).toBeUndefined();
  });

  it('names a type it does not know', () => {
    const text = '{"type":"struct","fields":[{"name":"v","type":"variant","nullable":true}]}';
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'unsupported_table_feature',
        message: expect.stringMatching(/\.v has the type variant/),
      }),
    );
  });

  it.each(['"string"', '{"type":"array","elementType":"long"}', '{"type":"struct"}', '[]', '1'])(
    'calls %s damaged',
    (text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'table_corrupt' }));
    },
  );

  it('takes new columns at its end, as nullable', () => {
    const schema = schemaFromColumns(COLUMNS);
    const extra: DeltaColumn[] = [
      { name: 'ID', type: 'long', nullable: false },
      { name: 'note', type: 'string', nullable: false, comment: 'New.' },
    ];
    const evolved = addNullableColumns(schema, extra);
    expect(evolved.fields.map(({ name }) => name)).toEqual(['day', 'id', 'name', 'note']);
    expect(evolved.fields.at(-1)).toEqual({
      name: 'note',
      type: 'string',
      nullable: true,
      metadata: { comment: 'New.' },
    });
    expect(addNullableColumns(evolved, extra)).toBe(evolved);
  });

  it('refuses a column of another type, doubled names and impossible ones', () => {
    const schema = schemaFromColumns(COLUMNS);
    const column = (name: string, type: DeltaColumn['type'] = 'string'): DeltaColumn => ({
      name,
      type,
      nullable: true,
    });
    const attempts = [
      () => addNullableColumns(schema, [column('id', 'integer')]),
      () => schemaFromColumns([column('a'), column('A')]),
      () => schemaFromColumns([column('a b')]),
      () => addNullableColumns(schema, [column('a,b')]),
    ];
    for (const attempt of attempts) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    }
  });
});
