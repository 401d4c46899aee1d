/** Names the first row, by its key, in which two tables of one shape differ. */
import { type Cell, cellText, type TableShape } from './canonical-row.ts';
import { check, type VerifyCheck } from './compare-totals.ts';

const MAX_SHOWN_CHARACTERS = 120;

interface RowGroup {
  expected: readonly Cell[][];
  actual: readonly Cell[][];
}

/** Undefined when both sides hold the same rows. Given are rows of the buckets that differ. */
export function findDifference(
  shape: TableShape,
  expected: readonly Cell[][],
  actual: readonly Cell[][],
): VerifyCheck | undefined {
  const groups = new Map<string, { expected: Cell[][]; actual: Cell[][] }>();
  const collect = (side: keyof RowGroup, rows: readonly Cell[][]): void => {
    for (const row of rows) {
      const key = rowText(shape.key.map((index) => row[index]!));
      const group = groups.get(key) ?? { expected: [], actual: [] };
      group[side].push(row);
      groups.set(key, group);
    }
  };
  collect('expected', expected);
  collect('actual', actual);
  const differing = [...groups.keys()].sort().find((key) => !isSame(groups.get(key)!));
  return differing === undefined ? undefined : describe(shape, groups.get(differing)!);
}

function isSame({ expected, actual }: RowGroup): boolean {
  const texts = (rows: readonly Cell[][]): string => rows.map(rowText).sort().join('\n');
  return texts(expected) === texts(actual);
}

function describe(shape: TableShape, { expected, actual }: RowGroup): VerifyCheck {
  const [only, other] = [without(expected, actual), without(actual, expected)];
  const row = (only[0] ?? other[0])!;
  const key = shape.key
    .map((index) => `${shape.columns[index]!.name} ${shown(shape, index, row[index]!)}`)
    .join(', ');
  if (only.length !== other.length) {
    const rows = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);
    return check(`${shape.name}: ${key}`, rows(expected.length), rows(actual.length));
  }
  const index = row.findIndex((cell, at) => rowText([cell]) !== rowText([other[0]![at]!]));
  return {
    name: `${shape.name}: ${shape.columns[index]!.name} of ${key}`,
    expected: shown(shape, index, row[index]!),
    actual: shown(shape, index, other[0]![index]!),
    isEqual: false,
  };
}

/** The rows that are not among `others`, each of which takes away one. */
function without(rows: readonly Cell[][], others: readonly Cell[][]): Cell[][] {
  const taken = others.map(rowText);
  return rows.filter((row) => {
    const at = taken.indexOf(rowText(row));
    if (at !== -1) taken.splice(at, 1);
    return at === -1;
  });
}

/** Text in quotes, so that null, 'null' and '' are told apart; long text cut. */
function shown(shape: TableShape, index: number, cell: Cell): string {
  const { type } = shape.columns[index]!;
  const text =
    typeof cell === 'string' && type === 'text' ? JSON.stringify(cell) : cellText(type, cell);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

function rowText(row: readonly Cell[]): string {
  return JSON.stringify(row.map((cell) => (typeof cell === 'bigint' ? `${cell}n` : cell)));
}
