import { describe, expect, it } from 'vitest';
import { tmdlName } from '../../src/powerbi/tmdl.ts';
import { tmdlMeaning } from '../../src/powerbi/tmdl-meaning.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { makeProject } from '../fixtures/powerbi/project.ts';

const GENERATED = makeProject().filter(({ path }) => path.endsWith('.tmdl'));

const isNote = (line: string) => /annotation PBI(?!_QueryOrder)/.test(line);

/** The text is read once for each line: of the largest files, whose lines are alike, only some in a short run. */
const TRIED_LINES = 150;
const isTried = (index: number, count: number) =>
  IS_LONG || index % Math.ceil(count / TRIED_LINES) === 0;

const WRITTEN = `/// What is sold.
table 'Sales'
	isHidden
	lineageTag: 1-2
	dataCategory: Time

	/// Products put in a cart.
	measure 'Add-to-Carts' = SUM(Sales[carts])
		formatString: #,0
		displayFolder: Events

	measure 'Carts per Day' =
			VAR days = 1
			RETURN
			    DIVIDE([Add-to-Carts], days)
		formatString: #,0

	column Product
		dataType: string
		sourceColumn: Product
		sortByColumn: 'Product_Order'

	hierarchy Calendar
		level Year
			column: Year
		level Day
			column: Day

	partition 'Sales' = m
		mode: import
		source =
				let
				    A = 1
				in
				    A
`;

const SAVED = `/// What is sold.
table Sales
	isHidden: true
	dataCategory: Time
	lineageTag: 1-2

	column Product
		sourceColumn: "Product"
		dataType: string
		sortByColumn: Product_Order

		changedProperty = IsHidden

		annotation PBI_FormatHint = {"isGeneralNumber":true}

	measure 'Carts per Day' = \`\`\`
			${''}
			VAR days = 1
			RETURN
			    DIVIDE([Add-to-Carts], days)   ${''}
			\`\`\`
		formatString: #,0

	/// Products put in a cart.
	measure Add-to-Carts =
			SUM(Sales[carts])
		displayFolder: Events
		formatString: #,0

	hierarchy Calendar

		level Year
			column: Year

		level Day
			column: Day

	partition Sales = m
		mode: import
		source =
			let
			    A = 1
			in
			    A

	annotation PBI_ResultType = Table

`;

describe('what a TMDL file says', () => {
  it('does not depend on quotes, white space, order or notes of Desktop', () => {
    const meaning = tmdlMeaning(WRITTEN);
    expect(meaning).toBeDefined();
    expect(tmdlMeaning(SAVED)).toBe(meaning);
    expect(tmdlMeaning(SAVED.replaceAll('\n', '\r\n'))).toBe(meaning);
  });

  it.each([
    ['the name of a measure', "'Add-to-Carts' =", "'Add to Carts' ="],
    ['an expression', 'SUM(Sales[carts])', 'MAX(Sales[carts])'],
    ['a line of an expression', 'VAR days = 1', 'VAR days = 7'],
    ['a query', 'A = 1', 'A = 2'],
    ['a format', 'formatString: #,0\n\t\tdisplay', 'formatString: #,0.0\n\t\tdisplay'],
    ['a flag', '\tisHidden\n', ''],
    ['a description', 'put in a cart', 'put into a cart'],
    ['a description that is gone', '\t/// Products put in a cart.\n', ''],
    ['the column that gives the order', "'Product_Order'", 'Price'],
    ['the order of levels', /(\t\tlevel Year[\s\S]*?)(\t\tlevel Day[\s\S]*?)\n\n/, '$2\n$1\n'],
    ['a measure that is gone', /\tmeasure 'Carts per Day'[\s\S]*?\n\n/, ''],
    ['an annotation', '\tcolumn Product\n', '\tannotation Owner = Ann\n\n\tcolumn Product\n'],
  ] as const)('depends on %s', (_what, from, to) => {
    const changed = WRITTEN.replace(from, to);
    expect(changed).not.toBe(WRITTEN);
    expect(tmdlMeaning(changed)).toBeDefined();
    expect(tmdlMeaning(changed)).not.toBe(tmdlMeaning(WRITTEN));
  });

  it.each(['not TMDL at all', '{}', 'table A B', '/// of nothing', "table 'A"])(
    'is unknown for %j',
    (text) => {
      expect(tmdlMeaning(text)).toBeUndefined();
    },
  );

  it.each(GENERATED)('is another one without any line of $path', ({ text }) => {
    const meaning = tmdlMeaning(text);
    expect(meaning).toBeDefined();
    const lines = text.split('\n');
    const unnoticed = lines.filter((line, index) => {
      if (line === '' || isNote(line) || !isTried(index, lines.length)) {
        return false;
      }
      return tmdlMeaning(lines.toSpliced(index, 1).join('\n')) === meaning;
    });
    expect(unnoticed).toEqual([]);
  });

  it.each(GENERATED)('is another one with any line of $path changed', ({ text }) => {
    const meaning = tmdlMeaning(text);
    const lines = text.split('\n');
    const unnoticed = lines.filter((line, index) => {
      if (line === '' || isNote(line) || !isTried(index, lines.length)) {
        return false;
      }
      const changed = lines.with(
        index,
        line.replace(/\w(?=\W*$)/, (last) => `${last}Z`),
      );
      return tmdlMeaning(changed.join('\n')) === meaning;
    });
    expect(unnoticed.filter((line) => /\w/.test(line))).toEqual([]);
  });
});

describe("a name as Microsoft's serializer writes it", () => {
  it.each([
    ['Sessions', 'Sessions'],
    ['Add-to-Carts', 'Add-to-Carts'],
    ['DateTime(15m)', 'DateTime(15m)'],
    ['Größe', 'Größe'],
    ['2024', '2024'],
    ['Add to Carts', "'Add to Carts'"],
    ['a.b', "'a.b'"],
    ['a=b', "'a=b'"],
    ['a:b', "'a:b'"],
    ["O'Neil", "'O''Neil'"],
  ])('%s is %s', (name, expected) => {
    expect(tmdlName(name)).toBe(expected);
  });
});
