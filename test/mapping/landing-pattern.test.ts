import { describe, expect, it } from 'vitest';
import {
  dayOfPath,
  dayPrefix,
  type LandingPattern,
  parseLanding,
} from '../../src/mapping/landing-pattern.ts';

const CONTAINER = 'abfss://landing@shop.dfs.core.windows.net';

function patternOf(path: string): LandingPattern {
  const pattern = parseLanding(CONTAINER + path);
  if ('problem' in pattern) {
    throw new Error(pattern.problem);
  }
  return pattern;
}

describe('the address of a landing container', () => {
  it('may be a folder, whose files lie at any depth', () => {
    const { base, day, folders, paths } = patternOf('/a/b/');
    expect({ base, day, folders }).toEqual({ base: 'a/b/', day: undefined, folders: [] });
    const fits = ['a/b/c', 'a/b/c/d', 'a/b', 'a/bc', 'x/a/b/c'].filter((path) => paths.test(path));
    expect(fits).toEqual(['a/b/c', 'a/b/c/d', 'a/b']);
  });

  it('may be the container itself', () => {
    const { base, paths } = patternOf('');
    expect(base).toBe('');
    expect(paths.test('any/file')).toBe(true);
  });

  it('may have folders of dates below folders of any name', () => {
    const pattern = patternOf('/in/*/fixed/{yyyy}/{MM}/{dd}/{HH}');
    expect(pattern.base).toBe('in/');
    expect(pattern.folders.map(({ name }) => name)).toEqual([undefined, 'fixed']);
    expect(pattern.day).toBe('{yyyy}/{MM}/{dd}');
    expect(dayPrefix(pattern.day ?? '', '2026-02-09')).toBe('2026/02/09');
    expect(dayOfPath(pattern, 'in/x/fixed/2026/02/09/23/a.json')).toBe('2026-02-09');
    expect(dayOfPath(pattern, 'in/x/other/2026/02/09/23/a.json')).toBeUndefined();
    expect(dayOfPath(pattern, 'in/x/fixed/2026/02/09/a.json')).toBeUndefined();
  });

  it('may have the date within a name', () => {
    const pattern = patternOf('/in/date={dd}.{MM}.{yyyy}/*.json');
    expect(pattern.day).toBe('date={dd}.{MM}.{yyyy}');
    expect(dayOfPath(pattern, 'in/date=09.02.2026/a.json')).toBe('2026-02-09');
    expect(dayOfPath(pattern, 'in/date=09x02.2026/a.json')).toBeUndefined();
    expect(dayOfPath(pattern, 'in/date=09.02.2026/a.csv')).toBeUndefined();
  });

  it('of Event Hubs Capture fits its files, with their ending', () => {
    const pattern = patternOf(
      '/{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}',
    );
    expect(dayOfPath(pattern, 'ns/hub/0/2026/02/09/10/05/00.avro')).toBe('2026-02-09');
  });

  it.each([
    ['https://shop.blob.core.windows.net/landing', 'is not an address'],
    ['abfs://landing@shop.dfs.core.windows.net/a', 'is not an address'],
    [`${CONTAINER}/a?sig=x`, 'is not an address'],
    [`${CONTAINER}/{yyyy}/{mm}/{dd}`, 'not each of'],
    [`${CONTAINER}/{yyyy}/{MM}/{dd}/{dd}`, 'not each of'],
    [`${CONTAINER}/{yyyy}/{MM}/*/{dd}`, 'only fixed text'],
  ])('is refused: %s', (address, problem) => {
    expect(parseLanding(address)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
