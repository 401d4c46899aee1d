import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonLine } from '../../src/verify/json-line.ts';
import { readMembers } from '../fixtures/judge-line.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';

/** The line stands among others, and its members are not looked at. */
function kindOf(text: string): string {
  const bytes = Buffer.from(`{"a":\n${text}\n1}`);
  return readJsonLine(bytes, 6, bytes.length - 3, { member() {} });
}

/** What `JSON.parse` says, with the two rules it does not know. */
function referenceKind(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not_json';
  }
  if (hasLoneSurrogateEscape(text)) {
    return 'not_json';
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? 'object'
    : 'not_an_object';
}

/** In valid JSON: `JSON.parse` itself would forget the values of repeated keys. */
function hasLoneSurrogateEscape(json: string): boolean {
  const unescaped = json.replace(/\\(?:u([0-9a-fA-F]{4})|.)/g, (_, unit: string | undefined) =>
    unit === undefined ? '.' : String.fromCharCode(Number.parseInt(unit, 16)),
  );
  return !isWellFormed(unescaped);
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** JSON text with odd but legal spelling: white space, escapes, numbers of every form. */
const spelled = fc.letrec<{ value: string }>((tie) => {
  const space = fc.stringMatching(/^[ \t\r]{0,2}$/);
  const number = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
  const text = fc
    .array(
      fc.oneof(
        fc
          .string({ unit: 'grapheme', maxLength: 4 })
          .map((part) => JSON.stringify(part).slice(1, -1)),
        fc.constantFrom('\\u0041', '\\ud83d\\uded2', '\\/', '\\u0000', '\\\\u', '\u2028'),
      ),
      { maxLength: 3 },
    )
    .map((parts) => `"${parts.join('')}"`);
  const between = <T>(item: fc.Arbitrary<T>) =>
    fc.tuple(space, item, space).map((parts) => parts.join(''));
  const value = tie('value') as fc.Arbitrary<string>;
  return {
    value: fc.oneof(
      { maxDepth: 4 },
      between(fc.oneof(text, number, fc.constantFrom('true', 'false', 'null'))),
      between(fc.array(value, { maxLength: 3 }).map((items) => `[${items.join(',')}]`)),
      between(
        fc
          .array(fc.tuple(between(text), value), { maxLength: 4 })
          .map((members) => `{${members.map(([key, item]) => `${key}:${item}`).join(',')}}`),
      ),
    ),
  };
}).value;

/** One edit anywhere. */
const mutated = fc
  .tuple(
    spelled,
    fc.nat(),
    fc.nat(3),
    fc.constantFrom(
      ...'{}[]:,"\\0123456789.eE+-tfnu \t\rxN\u0001\u00a0',
      '\\u',
      '\\ud800',
      ',}',
      ',]',
    ),
  )
  .map(([text, place, removed, inserted]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + inserted + text.slice(at + removed);
  })
  // An edit can tear a raw surrogate pair apart, which no file can hold.
  .filter((text) => isWellFormed(text) && !text.includes('\n'));

describe('readJsonLine', () => {
  it('takes and refuses what JSON.parse takes and refuses', () => {
    fc.assert(
      fc.property(fc.oneof(spelled, mutated), (text) => {
        expect(kindOf(text)).toBe(referenceKind(text));
      }),
      propertyRuns(5_000, 100_000),
    );
  });

  it('reads every member as JSON.parse reads it', () => {
    const object = fc
      .array(fc.tuple(fc.string({ unit: 'binary', maxLength: 5 }), spelled), {
        maxLength: 6,
      })
      .map((members) => members.map(([key, value]) => [JSON.stringify(key), value]));
    fc.assert(
      fc.property(object, (pairs) => {
        const text = `{${pairs.map(([key, value]) => `${key}:${value}`).join(',')}}`;
        const members = readMembers(Buffer.from(text));
        fc.pre(members !== undefined);
        expect(members).toEqual(
          pairs.map(([key, source]) => ({ key: JSON.parse(key!), source: source!.trim() })),
        );
      }),
      propertyRuns(1_000, 20_000),
    );
  });

  it('keeps repeated keys in order', () => {
    expect(readMembers(Buffer.from('{"a":1,"\\u0061":2.50,"b":null}'))).toEqual([
      { key: 'a', source: '1' },
      { key: 'a', source: '2.50' },
      { key: 'b', source: 'null' },
    ]);
  });

  it('says of keys and values whether they have escapes', () => {
    const bytes = Buffer.from('{"a":"\\n","\\u0062":["\\t"],"c":"d"}\n');
    const escaped: [boolean, boolean][] = [];
    readJsonLine(bytes, 0, bytes.length - 1, {
      member: (_keyStart, _keyEnd, isKeyEscaped, _start, _end, isValueEscaped) =>
        escaped.push([isKeyEscaped, isValueEscaped]),
    });
    expect(escaped).toEqual([
      [false, true],
      [true, true],
      [false, false],
    ]);
  });

  it('reads no further than the line', () => {
    for (const text of ['{"a":1', '"a', '[1,', '{', 'tru', '1e', '"\\u00', '']) {
      expect(kindOf(text), text).toBe('not_json');
    }
  });
});
