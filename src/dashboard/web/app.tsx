/** The page: its navigation, its filters, and one of the pages or an own table. */
import { useEffect } from 'preact/hooks';
import { findPage, OVERVIEW, PAGES, type PanelId } from '../pages.ts';
import {
  addressOf,
  changeFilters,
  type FilterChange,
  type Filters,
  wantedPeriod,
} from './address.ts';
import { FilterBar } from './filters.tsx';
import { showMoneyIn, showTimesIn } from './format.ts';
import { EmptyLake, EmptyView, Problem } from './notices.tsx';
import { OwnTables } from './own-tables.tsx';
import { drawPanels } from './panels.tsx';
import { currencyOf } from './purchase-notes.tsx';
import { Realtime } from './realtime.tsx';
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
  if (options !== undefined) {
    showTimesIn(options.timeZone);
  }
  const title = filters.table ?? findPage(filters.page)?.name;
  useEffect(() => {
    document.title = title === undefined ? 'Clicklake' : `${title} · Clicklake`;
  }, [title]);
  return (
    <>
      <header class="top">
        <h1>Clicklake</h1>
        <p class="lake">{options?.lake}</p>
        {options !== undefined && <Realtime options={options} />}
        <p class="state" role="status">
          {isLoading ? 'loading…' : ''}
        </p>
      </header>
      <main aria-busy={isLoading}>
        {options !== undefined && (
          <Navigation filters={filters} firstTable={options.ownTables[0]?.name} onChange={change} />
        )}
        {problem !== undefined && <Problem text={problem} onClear={clear} />}
        {filters.table === undefined ? (
          <PageOfLake lake={lake} filters={filters} onChange={change} onClear={clear} />
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
        {isCompared(filters) &&
          view?.previous != null &&
          view.previousTotals !== null &&
          ` Compared with ${view.previous.from} to ${view.previous.to}.`}
      </footer>
    </>
  );
}

const COMPARED_PANELS: readonly PanelId[] = ['figures', 'trend', 'funnel', 'groups', 'products'];

/** Whether a panel of the page shows earlier days beside those that are chosen. */
function isCompared({ table, page }: Filters): boolean {
  const panels = findPage(page)?.panels ?? [];
  return table === undefined && panels.some((id) => COMPARED_PANELS.includes(id));
}

function Navigation(props: {
  filters: Filters;
  firstTable: string | undefined;
  onChange: (change: FilterChange) => void;
}) {
  const { filters, firstTable, onChange } = props;
  const current = filters.table === undefined ? (findPage(filters.page) ?? OVERVIEW).id : undefined;
  return (
    <nav class="pages" aria-label="Pages">
      {PAGES.map(({ id, name }) => (
        <PageLink
          key={id}
          {...{ name, filters, onChange }}
          isCurrent={id === current}
          change={{
            page: id === OVERVIEW.id ? undefined : id,
            table: undefined,
            sort: undefined,
            session: undefined,
          }}
        />
      ))}
      {firstTable !== undefined && (
        <PageLink
          name="Own tables"
          {...{ filters, onChange }}
          isCurrent={current === undefined}
          change={{ page: undefined, table: firstTable, sort: undefined }}
        />
      )}
    </nav>
  );
}

/** A link, so that it opens in another tab too; a plain click stays on this page and changes it. */
function PageLink(props: {
  name: string;
  isCurrent: boolean;
  filters: Filters;
  change: FilterChange;
  onChange: (change: FilterChange) => void;
}) {
  const { name, isCurrent, filters, change, onChange } = props;
  return (
    <a
      href={addressOf(changeFilters(filters, change))}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={(event) => {
        if (
          event.button === 0 &&
          !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
        ) {
          event.preventDefault();
          onChange(change);
        }
      }}
    >
      {name}
    </a>
  );
}

function PageOfLake(props: {
  lake: LakeState;
  filters: Filters;
  onChange: (change: FilterChange) => void;
  onClear: () => void;
}) {
  const { filters, onChange, onClear } = props;
  const { options, view, health, definitions } = props.lake;
  const page = findPage(filters.page);
  const lakeDays = options?.days ?? undefined;
  if (options === undefined || view === undefined || page === undefined) {
    return null;
  }
  const shown = lakeDays ?? view.choice;
  const content = (
    <div class="panels">
      {drawPanels(page, { view, health, definitions, lakeDays: shown, filters, onChange })}
    </div>
  );
  if (page.isOfWholeLake) {
    return content;
  }
  if (lakeDays === undefined) {
    return <EmptyLake health={health} onChange={onChange} />;
  }
  return (
    <>
      <FilterBar
        period={{ days: lakeDays, chosen: wantedPeriod(filters, view.choice) }}
        names={options.names}
        filters={filters}
        previous={view.previous}
        onChange={onChange}
      />
      {view.isEmpty ? <EmptyView {...{ view, lakeDays, onChange, onClear }} /> : content}
    </>
  );
}
