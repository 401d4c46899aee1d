/** Finds the first row, by key, in which two relations with the same columns differ. */
import { type Cell, cellText, type TableShape, toCell } from './canonical-row.ts';
import { check, type VerifyCheck } from './check.ts';
import type { RecountSession, SqlValue } from './duckdb-contract.ts';
import { typedRows } from './typed-rows.ts';

const MAX_SHOWN_CHARACTERS = 120;

/** Undefined if both sides have the same rows. */
export async function findDifference(
  session: RecountSession,
  shape: TableShape,
  sides: { expected: string; actual: string },
): Promise<VerifyCheck | undefined> {
  const expected = typedRows(shape, sides.expected);
  const actual = typedRows(shape, sides.actual);
  await session.run(
    `CREATE OR REPLACE TABLE recount.differing AS
     SELECT 'expected' AS side, * FROM (${expected} EXCEPT ALL ${actual})
     UNION ALL SELECT 'actual' AS side, * FROM (${actual} EXCEPT ALL ${expected})`,
  );
  const keyNames = shape.key.map((index) => shape.columns[index]?.name).join(', ');
  const key = `(SELECT ${keyNames} FROM recount.differing ORDER BY ${keyNames} LIMIT 1)`;
  const sameKey = shape.key
    .map((index) => shape.columns[index]?.name)
    .map((name) => `r.${name} IS NOT DISTINCT FROM k.${name}`)
    .join(' AND ');
  const rowsOf = async (side: string): Promise<Side> => {
    const [rows, [[differing] = []], [[all] = []]] = [
      await session.rows(
        `SELECT ${shape.columns.map(exactValue).join(', ')}
         FROM recount.differing AS r JOIN ${key} AS k ON ${sameKey}
         WHERE side = '${side}' ORDER BY ALL LIMIT 1`,
      ),
      await session.rows(
        `SELECT count(*) FROM recount.differing AS r JOIN ${key} AS k ON ${sameKey}
         WHERE side = '${side}'`,
      ),
      await session.rows(
        `SELECT count(*) FROM (${side === 'expected' ? expected : actual}) AS r
         JOIN ${key} AS k ON ${sameKey}`,
      ),
    ];
    const [row] = rows.map((cells) => toCells(shape, cells));
    return { row, differing: Number(differing), all: Number(all) };
  };
  const difference = describe(shape, await rowsOf('expected'), await rowsOf('actual'));
  await session.run('DROP TABLE recount.differing');
  return difference;
}

/** The rows with one key on one side. */
interface Side {
  /** The first row that the other side lacks. */
  row: Cell[] | undefined;
  /** The number of rows that the other side lacks. */
  differing: number;
  all: number;
}

function describe(shape: TableShape, expected: Side, actual: Side): VerifyCheck | undefined {
  const row = expected.row ?? actual.row;
  if (row === undefined) {
    return undefined;
  }
  const key = shape.key
    .map((index) => `${shape.columns[index]?.name} ${shown(shape, index, row[index] ?? null)}`)
    .join(', ');
  if (expected.differing !== actual.differing) {
    const rows = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);
    return check(`${shape.name}: ${key}`, rows(expected.all), rows(actual.all));
  }
  const index = row.findIndex((cell, at) => cell !== actual.row?.[at]);
  return {
    name: `${shape.name}: ${shape.columns[index]?.name} of ${key}`,
    expected: shown(shape, index, row[index] ?? null),
    actual: shown(shape, index, actual.row?.[index] ?? null),
    isEqual: false,
  };
}

/** Text is quoted, to distinguish null, 'null' and ''. Long text is truncated. */
function shown(shape: TableShape, index: number, cell: Cell): string {
  const type = shape.columns[index]?.type ?? 'text';
  const text =
    typeof cell === 'string' && type === 'text' ? JSON.stringify(cell) : cellText(type, cell);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

function exactValue({ name, type }: TableShape['columns'][number]): string {
  if (type === 'timestamp') {
    return `epoch_us(r.${name})`;
  }
  return type === 'date' || type.startsWith('decimal') ? `CAST(r.${name} AS VARCHAR)` : `r.${name}`;
}

function toCells(shape: TableShape, row: readonly SqlValue[]): Cell[] {
  return shape.columns.map(({ type }, index) => toCell(type, row[index] ?? null));
}
