/** The page: the overview with its figures and panels, or an own table. */
import type { Definition, Period, View } from '../view.ts';
import { type FilterChange, type Filters, wantedPeriod } from './address.ts';
import { BotNote } from './bot-note.tsx';
import { Figures } from './figures.tsx';
import { FilterBar } from './filters.tsx';
import { showMoneyIn } from './format.ts';
import { EmptyLake, EmptyView, Problem } from './notices.tsx';
import { OwnTables } from './own-tables.tsx';
import { Depths, Durations } from './panels/distributions.tsx';
import { Funnel } from './panels/funnel.tsx';
import { Groups } from './panels/groups.tsx';
import { HealthPanel } from './panels/health.tsx';
import { Hours } from './panels/hours.tsx';
import { Products } from './panels/products.tsx';
import { Trend } from './panels/trend.tsx';
import { currencyOf, PurchaseNotes } from './purchase-notes.tsx';
import { useFilters } from './use-filters.ts';
import { type LakeState, useLake } from './use-lake.ts';

export function App() {
  const { filters, change, clear } = useFilters();
  const lake = useLake(filters);
  const { options, view, ownView, health, problem, isLoading } = lake;
  const currency = health === undefined ? undefined : currencyOf(health.purchases);
  if (currency !== undefined) {
    // Before what is drawn below.
    showMoneyIn(currency);
  }
  const isOverview = filters.table === undefined;
  return (
    <>
      <header class="top">
        <h1>Clicklake</h1>
        <p class="lake">{options?.lake}</p>
        <p class="state" role="status">
          {isLoading ? 'loading…' : ''}
        </p>
      </header>
      <main aria-busy={isLoading}>
        {options !== undefined && options.ownTables.length > 0 && (
          <Pages
            isOverview={isOverview}
            onChoose={(isOwn) =>
              change({ table: isOwn ? options.ownTables[0]?.name : undefined, sort: undefined })
            }
          />
        )}
        {problem !== undefined && <Problem text={problem} onClear={clear} />}
        {isOverview ? (
          <Overview lake={lake} filters={filters} onChange={change} onClear={clear} />
        ) : (
          options !== undefined &&
          ownView !== undefined &&
          ownView.table === filters.table && (
            <OwnTables
              tables={options.ownTables}
              view={ownView}
              filters={filters}
              onChange={change}
            />
          )
        )}
      </main>
      <footer>
        {options !== undefined && `Days and hours are in the time zone ${options.timeZone}. `}
        {currency === null && 'Amounts are in the currencies of the orders, as sent.'}
        {currency != null && `Amounts are in ${currency}.`}
        {isOverview &&
          view !== undefined &&
          ` Compared with ${view.previous.from} to ${view.previous.to}.`}
      </footer>
    </>
  );
}

function Pages(props: { isOverview: boolean; onChoose: (isOwn: boolean) => void }) {
  const { isOverview, onChoose } = props;
  return (
    <nav class="pages" aria-label="Pages">
      <button type="button" aria-pressed={isOverview} onClick={() => onChoose(false)}>
        Overview
      </button>
      <button type="button" aria-pressed={!isOverview} onClick={() => onChoose(true)}>
        Own tables
      </button>
    </nav>
  );
}

function Overview(props: {
  lake: LakeState;
  filters: Filters;
  onChange: (change: FilterChange) => void;
  onClear: () => void;
}) {
  const { filters, onChange, onClear } = props;
  const { options, view, health, definitions } = props.lake;
  const lakeDays = options?.days ?? undefined;
  const isEmpty = view?.totals.sessions === 0;
  return (
    <>
      {options?.days === null && <EmptyLake />}
      {options !== undefined && lakeDays !== undefined && view !== undefined && (
        <>
          <FilterBar
            period={{ days: lakeDays, chosen: wantedPeriod(filters, view.choice) }}
            devices={options.devices}
            countries={options.countries}
            filters={filters}
            onChange={onChange}
          />
          {isEmpty ? (
            <EmptyView view={view} lakeDays={lakeDays} onClear={onClear} />
          ) : (
            <>
              <Figures view={view} />
              <BotNote bots={view.bots} />
              <PurchaseNotes purchases={health?.purchases ?? null} />
              <Panels {...{ view, definitions, lakeDays }} onChange={onChange} />
            </>
          )}
        </>
      )}
      {health !== undefined && (
        <div class="panels">
          <HealthPanel health={health} definitions={definitions} />
        </div>
      )}
    </>
  );
}

function Panels(props: {
  view: View;
  definitions: Definition[];
  lakeDays: Period;
  onChange: (change: FilterChange) => void;
}) {
  const { view, definitions, lakeDays, onChange } = props;
  const shown = { view, definitions };
  return (
    <div class="panels">
      <Trend {...shown} lakeDays={lakeDays} />
      <Funnel {...shown} />
      <Groups {...shown} kind="device" onChange={onChange} />
      <Groups {...shown} kind="country" onChange={onChange} />
      <Durations {...shown} />
      <Depths {...shown} />
      <Hours {...shown} />
      <Products {...shown} />
    </div>
  );
}
