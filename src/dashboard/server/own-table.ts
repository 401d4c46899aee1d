/** The rows of one own table, with the filters that its columns support. */
import { ClicklakeError } from '../../errors.ts';
import type { OwnTableDescription } from '../../pipeline/data-dictionary.ts';
import type { LakeReader } from '../../pipeline/reader.ts';
import type { QueryRow } from '../../pipeline/reports.ts';
import { FIRST_DAY, LAST_DAY } from '../days.ts';
import { readFilters } from '../dimensions.ts';
import type { Cell, OwnTable, OwnView, Period } from '../view.ts';
import { checkName, filterCondition, readPeriod } from './choice.ts';

const MAX_ROWS = 1000;
const MAX_NAMES = 500;

export function toOwnTable({ name, summary, grain, columns }: OwnTableDescription): OwnTable {
  return {
    name,
    summary,
    grain: [...grain],
    columns: columns.map((column) => ({
      name: column.name,
      description: column.description,
      isNumber: isNumber(column),
    })),
  };
}

/**
 * Throws `usage` for a table or column that is not there, and for filters that are none. Between two
 * statements an aborted signal ends it, with its reason.
 */
export async function queryOwnTable(
  reader: LakeReader,
  asked: { version: string; query: URLSearchParams; signal: AbortSignal },
): Promise<OwnView> {
  const { version, query, signal } = asked;
  const table = findTable(reader, query.get('table') ?? '');
  const sort = readSort(query, table);
  const rows: Rows = (sql) => {
    signal.throwIfAborted();
    return reader.rows(sql);
  };
  return await reader.withOwnTable(table.name, async () => {
    const filters = ['device', 'country'].filter((name) => isTextColumn(table, name));
    const { rowCount: tableRows, days, names } = await queryFacts(rows, table, filters);
    const period = days === null ? null : { days, chosen: readPeriod(query, days) };
    const from = `FROM ${table.name} WHERE ${conditionOf(query, table, period, filters)}`;
    return {
      version,
      table: table.name,
      period,
      devices: names.get('device') ?? null,
      countries: names.get('country') ?? null,
      sort,
      tableRows,
      rowCount: await count(rows, from),
      rows: await queryRows(rows, table, from, sort),
      chart: await queryChart(rows, table, from, period),
    };
  });
}

type Rows = (sql: string) => Promise<QueryRow[]>;

function findTable({ ownTables }: LakeReader, name: string): OwnTableDescription {
  const table = ownTables.find((each) => each.name === name);
  if (table !== undefined) {
    return table;
  }
  const names = ownTables.map((each) => each.name).join(', ');
  throw new ClicklakeError('usage', `table: there is no own table ${JSON.stringify(name)}`, {
    hint: names === '' ? 'no own models are configured' : `own tables: ${names}`,
  });
}

/** Without one the newest rows come first, and a table without dates is in the order of its grain. */
function readSort(query: URLSearchParams, { columns, dateColumn, grain }: OwnTableDescription) {
  const sort = query.get('sort') ?? (dateColumn === undefined ? `${grain[0]}` : `-${dateColumn}`);
  const column = sort.replace(/^-/, '');
  if (columns.some(({ name }) => name === column)) {
    return sort;
  }
  throw new ClicklakeError('usage', `sort: there is no column ${JSON.stringify(column)}`, {
    hint: `columns: ${columns.map(({ name }) => name).join(', ')}`,
  });
}

/** What the table has, whatever is chosen. `names`: the most frequent values of each of the columns. */
interface Facts {
  rowCount: number;
  /** Null: no DATE column, or no date that a calendar of the page has. */
  days: Period | null;
  names: ReadonlyMap<string, string[]>;
}

/** In one pass: a table with a file for each day takes longer to open than to read. */
async function queryFacts(
  rows: Rows,
  { name, dateColumn }: OwnTableDescription,
  columns: readonly string[],
): Promise<Facts> {
  const date = dateColumn === undefined ? 'CAST(NULL AS DATE)' : quote(dateColumn);
  const known =
    dateColumn === undefined ? 'false' : isWithin(dateColumn, { from: FIRST_DAY, to: LAST_DAY });
  const texts = columns.map((column, index) => `${textOf(column)} AS text${index}`);
  const places = columns.map((_, index) => `text${index}`);
  const column = places.map((place, index) => `WHEN grouping(${place}) = 0 THEN ${index}`);
  const found = await rows(
    `WITH table_rows AS (
       SELECT ${[`CASE WHEN ${known} THEN ${date} END AS day`, ...texts].join(', ')} FROM ${name}
     ), facts AS (
       SELECT ${places.length === 0 ? 'NULL' : `CASE ${column.join(' ')} END`} AS place,
         ${places.length === 0 ? 'NULL' : `COALESCE(${places.join(', ')})`} AS value,
         count(*) AS n, CAST(min(day) AS VARCHAR) AS first_day, CAST(max(day) AS VARCHAR) AS last_day
       FROM table_rows GROUP BY GROUPING SETS (${['()', ...places.map((place) => `(${place})`)].join(', ')})
     )
     SELECT * FROM facts
     QUALIFY row_number() OVER (PARTITION BY place ORDER BY n DESC, value) <= ${MAX_NAMES}
     ORDER BY n DESC, value`,
  );
  const all = found.find(({ place }) => place === null);
  const isDated = all !== undefined && all.first_day !== null;
  return {
    rowCount: Number(all?.n ?? 0),
    days: isDated ? { from: String(all.first_day), to: String(all.last_day) } : null,
    names: new Map(
      columns.map((each, index) => [
        each,
        found.filter(({ place }) => place === index).map(({ value }) => String(value)),
      ]),
    ),
  };
}

function conditionOf(
  query: URLSearchParams,
  { dateColumn }: OwnTableDescription,
  period: OwnView['period'],
  filters: readonly string[],
): string {
  const conditions = readFilters(query, checkName)
    .filter(({ dimension }) => filters.includes(dimension))
    .map((filter) => filterCondition(filter, textOf(filter.dimension)));
  if (dateColumn !== undefined && period !== null) {
    conditions.push(isWithin(dateColumn, period.chosen));
  }
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

async function count(rows: Rows, from: string): Promise<number> {
  const [row] = await rows(`SELECT count(*) AS n ${from}`);
  return Number(row?.n);
}

/** Rows that are equal in the sorted column are in the order of the grain. */
async function queryRows(
  rows: Rows,
  { columns, grain }: OwnTableDescription,
  from: string,
  sort: string,
): Promise<Cell[][]> {
  const first = `${quote(sort.replace(/^-/, ''))}${sort.startsWith('-') ? ' DESC' : ''} NULLS LAST`;
  const found = await rows(
    `SELECT ${columns.map(({ name }) => quote(name)).join(', ')} ${from}
     ORDER BY ${[first, ...grain.map(quote)].join(', ')} LIMIT ${MAX_ROWS}`,
  );
  return found.map((row) => columns.map(({ name }) => toCell(row[name])));
}

async function queryChart(
  rows: Rows,
  { columns, grain, dateColumn }: OwnTableDescription,
  from: string,
  period: OwnView['period'],
): Promise<OwnView['chart']> {
  const numbers = columns.filter(isNumber).map(({ name }) => name);
  const isByDay = grain.length === 1 && grain[0] === dateColumn;
  if (!isByDay || dateColumn === undefined || period === null || numbers.length === 0) {
    return null;
  }
  const values = numbers.map((name, index) => `CAST(${quote(name)} AS DOUBLE) AS v${index}`);
  const found = await rows(
    `SELECT CAST(${quote(dateColumn)} AS VARCHAR) AS day, ${values.join(', ')} ${from} ORDER BY 1`,
  );
  return {
    columns: numbers,
    days: found.map((row) => ({
      date: String(row.day),
      values: numbers.map((_, index) => toNumber(row[`v${index}`])),
    })),
  };
}

function isNumber({ type }: { type: string }): boolean {
  return /^(?:int|bigint|double|decimal)\b/.test(type);
}

function isTextColumn({ columns }: OwnTableDescription, wanted: string): boolean {
  return columns.some(({ name, type }) => name === wanted && type === 'string');
}

function isWithin(column: string, { from, to }: Period): string {
  return `${quote(column)} BETWEEN DATE '${from}' AND DATE '${to}'`;
}

function textOf(column: string): string {
  return `COALESCE(${quote(column)}, '')`;
}

/** Columns are words, but may be words of SQL. */
function quote(column: string): string {
  return `"${column}"`;
}

function toCell(value: unknown): Cell {
  return value === null || typeof value === 'number' ? value : String(value);
}

/** Values that cannot be drawn, such as infinity, become gaps. */
function toNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
