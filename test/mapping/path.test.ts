import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath, type PathStep, parsePath } from '../../src/mapping/path.ts';

const key = (text: string): PathStep => ({ kind: 'key', key: text });

describe('a path into a record', () => {
  it.each<[string, PathStep[]]>([
    ['a', [key('a')]],
    ['a.b.c', [key('a'), key('b'), key('c')]],
    ['$event', [key('$event')]],
    ['a b.c', [key('a b'), key('c')]],
    ['items[0].id', [key('items'), { kind: 'index', index: 0 }, key('id')]],
    ['["odd.key"].x', [key('odd.key'), key('x')]],
    ['a["b\\"c\\\\d"]', [key('a'), key('b"c\\d')]],
    [
      'event_params[key=ga_session_id].value.int_value',
      [
        key('event_params'),
        { kind: 'match', key: 'key', text: 'ga_session_id' },
        key('value'),
        key('int_value'),
      ],
    ],
    ['a[k="x"].b', [key('a'), { kind: 'match', key: 'k', text: 'x' }, key('b')]],
    ['a[k="]\\"\\\\"]', [key('a'), { kind: 'match', key: 'k', text: ']"\\' }]],
    ["a[k='it\\'s \"so\"']", [key('a'), { kind: 'match', key: 'k', text: 'it\'s "so"' }]],
    ['a[k=x"y]', [key('a'), { kind: 'match', key: 'k', text: 'x"y' }]],
    ['a[k=].b', [key('a'), { kind: 'match', key: 'k', text: '' }, key('b')]],
    ['product_ids[]', [key('product_ids'), { kind: 'each' }]],
  ])('is read: %s', (text, steps) => {
    expect(parsePath(text)).toEqual(steps);
    expect(parsePath(formatPath(steps))).toEqual(steps);
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a[',
    'a]',
    'a[x]',
    'a[-1]',
    '[0].a',
    'a[].b',
    'a b ',
    ' a',
    'a["b]',
    'a[k="x]',
    'a[k="x"y]',
    "a[k='x]",
  ])('is refused: "%s"', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });

  it('is the same after it was written, whatever its keys', () => {
    const text = fc.string({ minLength: 1, maxLength: 8 });
    const step = fc.oneof(
      text.map(key),
      fc.nat(999_999).map((index): PathStep => ({ kind: 'index', index })),
      fc
        .string({ maxLength: 8 })
        .map((each): PathStep => ({ kind: 'match', key: 'k', text: each })),
    );
    fc.assert(
      fc.property(text.map(key), fc.array(step, { maxLength: 4 }), (first, rest) => {
        const path = [first, ...rest];
        expect(parsePath(formatPath(path))).toEqual(path);
      }),
    );
  });
});
