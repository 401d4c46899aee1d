import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));

it('runs the tests of each folder by a script of its own', () => {
  const folders = readdirSync('test', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['fixtures', 'spark'].includes(entry.name))
    .map((entry) => entry.name);
  const expected = folders.map((name) => [
    `test:${name}`,
    `npm run --silent test:in -- test/${name}/`,
  ]);
  expect(scripts).toMatchObject(Object.fromEntries(expected));
});
