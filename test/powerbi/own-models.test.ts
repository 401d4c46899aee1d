/** A user's own models as tables of the semantic model. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultSettings, TaskUtils } from '@microsoft/powerquery-parser';
import { afterAll, expect, it } from 'vitest';
import { type LakeTables, lakeTables } from '../../src/pipeline/tables.ts';
import { makeProject, readModel, SETTINGS, SOURCES } from '../fixtures/powerbi/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-own-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOURS = `-- gold_revenue_hours: one row per hour and date.
-- grain: hour, date
-- refresh: full
-- reads: silver_events
SELECT
  CAST(min(event_date) AS DATE) AS first_date,                 -- not of the grain
  CAST(hour(event_timestamp) AS INT) AS hour,                  -- UTC hour [hour, 0 to 23]
  CAST(event_date AS DATE) AS date,                            -- UTC date of the "purchases"
  CAST(max(event_timestamp) AS TIMESTAMP_LTZ) AS last_at,      -- last purchase
  CAST(sum(price) AS DECIMAL(18,2)) AS revenue,                -- price [units of currency]
  CAST(avg(quantity) AS DECIMAL(9,4)) AS mean_quantity,        -- items of an event [items]
  CAST(count(*) > 1 AS BOOLEAN) AS is_busy,                    -- more than one purchase
  CAST(max(user_id) AS STRING) AS user_id                      -- one of the users
FROM silver_events GROUP BY event_date, hour(event_timestamp)
`;
/** Has the name of another table when it is said in words, and a date outside its grain. */
const EVENTS = `-- gold_events: one row per event id.
-- grain: event_id
-- refresh: full
-- reads: silver_events
SELECT
  CAST(event_id AS STRING) AS event_id,  -- the event
  CAST(event_date AS DATE) AS event_date -- its UTC date
FROM silver_events
`;
const TOTAL = `-- gold_total: one row.
-- grain: event_count
-- refresh: full
-- reads: gold_events
SELECT
  CAST(count(*) AS BIGINT) AS event_count -- events [events]
FROM gold_events
`;

/** A column that has the name of a measure, and one that has the name that it would get. */
const SEARCH = `-- gold_search: one row per date.
-- grain: date
-- refresh: full
-- reads: silver_events
SELECT
  CAST(event_date AS DATE) AS date,                            -- UTC date
  CAST(count(DISTINCT session_id) AS BIGINT) AS sessions,      -- sessions [sessions]
  CAST(count(DISTINCT session_id) AS BIGINT) AS search_sessions -- of these, with a search [sessions]
FROM silver_events GROUP BY event_date
`;

function tablesWith(models: Record<string, string>): LakeTables {
  for (const [name, sql] of Object.entries(models)) {
    writeFileSync(join(folder, name), sql);
  }
  return lakeTables({ ...SETTINGS, models: folder });
}

const tables = tablesWith({ 'hours.sql': HOURS, 'events.sql': EVENTS, 'total.sql': TOTAL });
const model = readModel(makeProject(SOURCES[0], false, tables));

it('an own model is a table with all its columns in sight, typed and described, none summed', () => {
  const { object, columns } = model.tables.get('Revenue Hours')!;
  expect(object.description).toBe(
    'A model of your own: one row per hour and date. Table gold_revenue_hours of the lake.',
  );
  const shown = columns.map(({ name, description, properties }) => [
    name,
    properties.get('sourceColumn'),
    properties.get('dataType'),
    description,
  ]);
  expect(shown).toEqual([
    ['First Date', 'first_date', 'dateTime', 'not of the grain'],
    ['Hour', 'hour', 'int64', 'UTC hour [hour, 0 to 23]'],
    ['Date', 'date', 'dateTime', 'UTC date of the "purchases"'],
    ['Last At', 'last_at', 'dateTime', 'last purchase'],
    // A measure has the name Revenue.
    ['Revenue Hours Revenue', 'revenue', 'decimal', 'price [units of currency]'],
    ['Mean Quantity', 'mean_quantity', 'double', 'items of an event [items]'],
    ['Is Busy', 'is_busy', 'boolean', 'more than one purchase'],
    ['User ID', 'user_id', 'string', 'one of the users'],
  ]);
  for (const { properties } of columns) {
    expect(properties.get('summarizeBy')).toBe('none');
    expect(properties.has('isHidden')).toBe(false);
  }
});

it('an own model relates to the dates by the date of its grain, else by its first date', () => {
  const own = model.relationships.filter(({ from }) =>
    ['Revenue Hours', 'gold_events', 'Total'].includes(from.table),
  );
  expect(own.map(({ from, to }) => [from, to])).toEqual([
    [
      { table: 'gold_events', column: 'Event Date' },
      { table: 'Date', column: 'Date' },
    ],
    [
      { table: 'Revenue Hours', column: 'Date' },
      { table: 'Date', column: 'Date' },
    ],
  ]);
  const typeOf = (table: string, column: string) => {
    const found = model.tables.get(table)?.columns.find(({ name }) => name === column);
    return [found?.properties.get('dataType'), found?.properties.get('formatString')];
  };
  for (const { from, to } of own) {
    expect(typeOf(from.table, from.column)).toEqual(typeOf(to.table, to.column));
  }
});

it('names of columns are unique where one is that of a measure behind the name of the table', () => {
  const files = makeProject(SOURCES[0], false, tablesWith({ 'search.sql': SEARCH }));
  rmSync(join(folder, 'search.sql'));
  const { columns } = readModel(files).tables.get('Search')!;
  expect(columns.map(({ name, properties }) => [name, properties.get('sourceColumn')])).toEqual([
    ['Date', 'date'],
    ['gold_search Sessions', 'sessions'],
    ['Search Sessions', 'search_sessions'],
  ]);
  const tags = columns.map(({ properties }) => properties.get('lineageTag'));
  expect(new Set(tags).size).toBe(3);
});

it('names of tables and identifiers are unique, whatever the own models are called', () => {
  expect([...model.tables.keys()]).toEqual(
    expect.arrayContaining(['Events', 'gold_events', 'Total', 'Revenue Hours']),
  );
  const tags = model.all.flatMap(({ properties }) => properties.get('lineageTag') ?? []);
  expect(new Set(tags).size).toBe(tags.length);
});

it.each(SOURCES)(
  'the query of an own model is M that its parser takes, from $kind',
  async (source) => {
    const own = readModel(makeProject(source, false, tables)).tables;
    for (const name of ['Revenue Hours', 'gold_events', 'Total']) {
      const { query } = own.get(name)!;
      expect(query).toContain(source.kind === 'databricks' ? '[Name = "gold_' : 'Source = Delta');
      const task = await TaskUtils.tryLexParse(DefaultSettings, query);
      expect(TaskUtils.isError(task) ? task.error.message : 'parsed').toBe('parsed');
    }
  },
);

it('own models change nothing of the other tables and of the report', () => {
  const before = new Map(makeProject().map(({ path, text }) => [path, text]));
  const after = makeProject(SOURCES[0], false, tables);
  const other = after.filter(({ path, text }) => before.get(path) !== text);
  expect(other.map(({ path }) => path.replace(/.*definition\//, '')).sort()).toEqual([
    'model.tmdl',
    'relationships.tmdl',
    'roles/Country.tmdl',
    'tables/Revenue Hours.tmdl',
    'tables/Total.tmdl',
    'tables/gold_events.tmdl',
  ]);
});
