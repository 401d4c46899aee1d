import { describe, expect, it } from 'vitest';
import { find, parseTree } from '../../src/verify/record-tree.ts';

const key = (name: string) => ({ kind: 'key' as const, key: name });

describe('the tree of a record', () => {
  it('keeps scalars as they were written, and of a repeated key the first', () => {
    const tree = parseTree('{"a":{"b":[1.50,"x\\"\\\\",true,null]},"a":2,"c":{}}');
    expect(find(tree, [key('a'), key('b')])).toEqual({
      kind: 'array',
      elements: [
        { kind: 'number', text: '1.50' },
        { kind: 'text', text: 'x"\\' },
        { kind: 'text', text: 'true' },
        { kind: 'null' },
      ],
    });
    expect(find(tree, [key('c')])).toEqual({ kind: 'object', members: new Map() });
  });

  it('is that of records nested deeper than any stack, and of texts of any length', () => {
    const deep = parseTree(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)},"b":1}`);
    expect(find(deep, [key('b')])).toEqual({ kind: 'number', text: '1' });
    const text = 'x\\"'.repeat(2_000_000);
    const long = find(parseTree(`{"a":"${text}"}`), [key('a')]);
    expect(long?.kind === 'text' && long.text.length).toBe(4_000_000);
  });
});
