/** The published best practice rules: none is broken that docs/powerbi.md does not explain. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findBreaches } from '../fixtures/powerbi/best-practice.ts';
import { makeProject, ONELAKE, readModel, SOURCES } from '../fixtures/powerbi/project.ts';

const docs = readFileSync(new URL('../../docs/powerbi.md', import.meta.url), 'utf8');
const [, section] = docs.split('### Best practice rules that are not followed\n');
const explained = [...section!.split('\n### ')[0]!.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)].map(
  ([, id]) => id!,
);

it.each([...SOURCES, ONELAKE])(
  'each rule that a model over $kind breaks is explained',
  (source) => {
    const breaches = findBreaches(readModel(makeProject(source)));
    expect([...breaches.keys()].filter((id) => !explained.includes(id))).toEqual([]);
  },
);

it('nothing is explained that no model breaks', () => {
  const breaches = findBreaches(readModel(makeProject()));
  expect(explained.filter((id) => !breaches.has(id))).toEqual([]);
  expect(explained.length).toBeGreaterThan(5);
});

it.each([
  ['MARK_PRIMARY_KEYS', 'Device', '\n\t\tisKey', ''],
  ['HIDE_FOREIGN_KEYS', 'Sessions', /(session_date\n\t\tdataType: dateTime)\n\t\tisHidden/, '$1'],
  [
    'USE_THE_DIVIDE_FUNCTION_FOR_DIVISION',
    'Metrics',
    'DIVIDE([Sessions], [Visitors])',
    '[Sessions] / 2',
  ],
  ['OBJECTS_WITH_NO_DESCRIPTION', 'Metrics', '/// Sessions divided by visitors.\n\t', ''],
  [
    'ISAVAILABLEINMDX_TRUE_ATTRIBUTE_COLUMNS',
    'Device',
    'lineageTag: ',
    'isAvailableInMdx: false\n\t\tlineageTag: ',
  ],
  ['NUMERIC_COLUMN_SUMMARIZE_BY', 'Date', /(column Year\n[\s\S]*?summarizeBy:) none/, '$1 sum'],
  ['AVOID_DUPLICATE_MEASURES', 'Metrics', '[Visitors] - [New Visitors]', 'COUNTROWS(Sessions)'],
] as const)('a model that breaks %s is found out', (id, table, from, to) => {
  const broken = makeProject().map((file) => {
    const isWanted = file.path.endsWith(`/tables/${table}.tmdl`);
    const [head, ...columns] = isWanted ? file.text.split(/(?=\n\t\/\/\/ )/) : [file.text];
    const body = columns.join('').replace(from, to);
    return { ...file, text: `${head}${body}` };
  });
  expect(findBreaches(readModel(broken)).has(id)).toBe(true);
});
