/** The tables of the user's own models: one at a time, as rows and, by day, as a line. */
import type { OwnTable, OwnView } from '../view.ts';
import { type FilterChange, type Filters, wantedPeriod } from './address.ts';
import { DataTable } from './charts/data-table.tsx';
import { FilterBar } from './filters.tsx';
import { formatCount } from './format.ts';
import { Panel } from './panel.tsx';
import { OwnTrend } from './panels/own-trend.tsx';

/** A page of more would be slow; the file has them. */
const SHOWN_ROWS = 100;

export function OwnTables(props: {
  tables: OwnTable[];
  view: OwnView;
  filters: Filters;
  onChange: (change: FilterChange) => void;
}) {
  const { tables, view, filters, onChange } = props;
  const table = tables.find(({ name }) => name === view.table);
  if (table === undefined) {
    return null;
  }
  const { period } = view;
  return (
    <>
      <div class="filters">
        <label>
          Table
          <select
            value={table.name}
            onChange={({ currentTarget }) =>
              onChange({ table: currentTarget.value, sort: undefined })
            }
          >
            {tables.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <FilterBar
          period={
            period === null
              ? undefined
              : { days: period.days, chosen: wantedPeriod(filters, period.chosen) }
          }
          names={{
            ...(view.devices === null ? {} : { device: view.devices }),
            ...(view.countries === null ? {} : { country: view.countries }),
          }}
          filters={filters}
          onChange={onChange}
        />
      </div>
      <div class="panels">
        {view.chart !== null && <OwnTrend table={table} view={view} chart={view.chart} />}
        <Rows table={table} view={view} onChange={onChange} />
      </div>
    </>
  );
}

function Rows(props: { table: OwnTable; view: OwnView; onChange: (change: FilterChange) => void }) {
  const { table, view, onChange } = props;
  return (
    <Panel
      title={table.name}
      id="own-table"
      file={table.name}
      wide
      definitions={[]}
      meaning={meaningOf(table)}
      table={() => ({ columns: table.columns.map(({ name }) => name), rows: view.rows })}
      actions={<span class="note">{countRows(view)}</span>}
    >
      <p>{table.summary}</p>
      {view.rows.length > 0 && (
        <DataTable
          caption={table.name}
          columns={table.columns.map((column) => ({
            ...column,
            isCount: column.isNumber && !table.grain.includes(column.name),
          }))}
          rows={view.rows.slice(0, SHOWN_ROWS)}
          sort={view.sort}
          onSort={(sort) => onChange({ sort })}
        />
      )}
    </Panel>
  );
}

function meaningOf({ summary, grain, columns }: OwnTable) {
  return {
    text: `${summary} A table of your own models; no two rows have the same ${grain.join(', ')}. Rows without a day, or before 2000 or after 2099, are left out where a period is chosen. The file holds up to a thousand rows.`,
    terms: columns.map(({ name, description }) => [name, description] as const),
  };
}

function countRows({ rowCount, tableRows, rows }: OwnView): string {
  if (tableRows === 0) {
    return 'no rows yet: clicklake run';
  }
  const shown = Math.min(rows.length, SHOWN_ROWS);
  const first = shown < rowCount ? `the first ${formatCount(shown)} of ` : '';
  const of = rowCount < tableRows ? ` (the table has ${formatCount(tableRows)})` : '';
  return `${first}${formatCount(rowCount)} ${rowCount === 1 ? 'row' : 'rows'}${of}`;
}
