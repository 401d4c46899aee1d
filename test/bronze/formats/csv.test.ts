import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../fixtures/long-runs.ts';
import { linesOf } from '../../fixtures/record-lines.ts';

async function rowsOf(text: Buffer | string, size?: number): Promise<unknown[]> {
  return (await linesOf('csv', text, size)).map((line) => JSON.parse(line));
}

describe('rows of CSV', () => {
  it.each<[string, string, unknown[]]>([
    [
      'with commas',
      'a,b\n1,x\n2,y\n',
      [
        { a: '1', b: 'x' },
        { a: '2', b: 'y' },
      ],
    ],
    ['with semicolons', 'a;b\n1,5;x\n', [{ a: '1,5', b: 'x' }]],
    ['with tabs', 'a\tb\n1\tx, y\n', [{ a: '1', b: 'x, y' }]],
    ['with bars', 'a|b\n1|x\n', [{ a: '1', b: 'x' }]],
    ['of one column', 'a\n1\n\n2', [{ a: '1' }, { a: '2' }]],
    [
      'with CR LF',
      'a,b\r\n1,x\r\n\r\n2,y\r\n',
      [
        { a: '1', b: 'x' },
        { a: '2', b: 'y' },
      ],
    ],
    ['behind a byte-order mark', '\ufeffa,b\n1,x\n', [{ a: '1', b: 'x' }]],
    ['behind a byte-order mark and quotes', '\ufeff"a","b"\n1,x\n', [{ a: '1', b: 'x' }]],
    ['without a last line end', 'a,b\n1,x', [{ a: '1', b: 'x' }]],
    ['with quotes', 'a,b\n"1,""2""","x"\r\n', [{ a: '1,"2"', b: 'x' }]],
    ['with line ends in quotes', 'a,b\n"one\r\ntwo\n",x\n', [{ a: 'one\r\ntwo\n', b: 'x' }]],
    ['with quotes in a field without', 'a,b\n5" screen,x"\n', [{ a: '5" screen', b: 'x"' }]],
    ['with a CR in a field', 'a,b\n1\r2,x\n', [{ a: '1\r2', b: 'x' }]],
    ['with empty fields', 'a,b,c\n,"",3\n1,,\n,,\n', [{ c: '3' }, { a: '1' }, {}]],
    ['with odd characters', 'a,b\n\\\t\u0001,ä€😀\n', [{ a: '\\\t\u0001', b: 'ä€😀' }]],
    [
      'with quoted names',
      '"a,b"; "c ""d""" ;e f\n1;2;3\n',
      [{ 'a,b': '1', 'c "d"': '2', 'e f': '3' }],
    ],
    [
      'with CR alone',
      'a,b\r1,x\r\r"2\r\n",y',
      [
        { a: '1', b: 'x' },
        { a: '2\r\n', b: 'y' },
      ],
    ],
    ['with CR alone and a last one', '\ufeff\ra;b\r1;x\r', [{ a: '1', b: 'x' }]],
    ['with two CRs before each LF', 'a,b\r\r\n1,x\r\r\n', [{ a: '1', b: 'x\r' }]],
    ['below blank lines', '\n \r\n\na,b\n1,x\n', [{ a: '1', b: 'x' }]],
    ['behind a byte-order mark and a blank line', '\ufeff\r\na,b\n1,x\n', [{ a: '1', b: 'x' }]],
    ['below a line that names the separator', 'sep=;\na,b;c\n1,2;x\n', [{ 'a,b': '1,2', c: 'x' }]],
    ['below such a line in quotes', '\ufeff"SEP=\t"\r\na\tb\r\n1\tx\r\n', [{ a: '1', b: 'x' }]],
    ['whose first name is a number sign', '#,b\n1,x\n', [{ '#': '1', b: 'x' }]],
    ['of a header alone', 'a,b\n', []],
    ['of a header alone that ends with CR', 'a,b\r', []],
    ['of a header alone below lines that end with CR', '\r\ra,b', []],
    ['of blank lines alone', '\ufeff\n \n', []],
    ['of a separator alone', 'sep=;', []],
    ['of nothing', '', []],
  ])('%s', async (_, text, rows) => {
    for (const size of [1, 2, 3, 5, 1000]) {
      expect(await rowsOf(text, size)).toEqual(rows);
    }
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['a field is missing', 'a,b\n1,x\n2\n', /^the file has 1 fields, not 2, at line 3$/],
    ['there is one too many', 'a,b\n"1\n",x\n2,y,z\n', /^the file has 3 fields, not 2, at line 4$/],
    [
      'quotes do not close',
      'a,b\n1,x\n2,"y\n3,z\n',
      /^the file is truncated: the quotes at line 3/,
    ],
    [
      'text follows quotes',
      'a,b\n1,"x"y\n',
      /^the file has text after the closing quotes .* line 2$/,
    ],
    [
      'comments stand above the header',
      '\n# of 2026, by\n# me\na,b,c\n',
      /begins with a comment.*: # of 2026$/,
    ],
    [
      'some lines end with CR and some with LF',
      'a,b\r1,x\r2,y\n3,z\r',
      /^the file has lines that end with CR, and one that ends with LF, at line 3$/,
    ],
    [
      'a row of a file with blank lines is short',
      '\r\rsep=,\ra,b\r1,x\r2',
      /^the file has 1 fields, not 2, at line 6$/,
    ],
    ['a text is Latin-1', Buffer.from('a,b\n1,x\n2,Käse\n', 'latin1'), /not UTF-8: see line 3$/],
    ['a name is Latin-1', Buffer.from('a,Käse\n1,x\n', 'latin1'), /not UTF-8: see line 1$/],
  ])('are refused as a whole, and the line is named, when %s', async (_, text, message) => {
    for (const size of [1, 3, 1000]) {
      await expect(linesOf('csv', text, size)).rejects.toMatchObject({ code: 'input_refused' });
      await expect(linesOf('csv', text, size)).rejects.toThrow(message);
    }
  });

  it('of any text come out as they went in', async () => {
    const field = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '"', '\n', '\r\n', ',', ';'),
    );
    const rows = fc.array(fc.tuple(field, field, field), { maxLength: 6 });
    const separator = fc.constantFrom(',', ';', '\t', '|');
    await fc.assert(
      fc.asyncProperty(
        rows,
        separator,
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        async (values, by, size, lineEnd) => {
          const isPlain = (text: string) => !/["\r\n,;|\t]/.test(text) && text !== '';
          const quote = (text: string) =>
            isPlain(text) ? text : `"${text.replaceAll('"', '""')}"`;
          const lines = [['a', 'b', 'c'], ...values].map((row) => row.map(quote).join(by));
          const expected = values.map((row) =>
            Object.fromEntries(
              row.map((text, index) => ['abc'[index], text]).filter(([, text]) => text !== ''),
            ),
          );
          expect(await rowsOf(lines.join(lineEnd) + lineEnd, size)).toEqual(expected);
        },
      ),
      propertyRuns(300, 3_000),
    );
  });
});
