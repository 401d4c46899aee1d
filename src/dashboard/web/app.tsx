/** The page: filters, figures, panels. */
import type { Definition, Period, View } from '../view.ts';
import type { FilterChange, Filters } from './address.ts';
import { Figures } from './figures.tsx';
import { FilterBar } from './filters.tsx';
import { EmptyLake, EmptyView, Problem } from './notices.tsx';
import { Depths, Durations } from './panels/distributions.tsx';
import { Funnel } from './panels/funnel.tsx';
import { Groups } from './panels/groups.tsx';
import { HealthPanel } from './panels/health.tsx';
import { Hours } from './panels/hours.tsx';
import { Products } from './panels/products.tsx';
import { Trend } from './panels/trend.tsx';
import { PurchaseNotes } from './purchase-notes.tsx';
import { useFilters } from './use-filters.ts';
import { useLake } from './use-lake.ts';

export function App() {
  const { filters, change, clear } = useFilters();
  const { options, view, health, definitions, problem, isLoading } = useLake(filters);
  const lakeDays = options?.days ?? undefined;
  const isEmpty = view?.totals.sessions === 0;
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
        {problem !== undefined && <Problem text={problem} onClear={clear} />}
        {options?.days === null && <EmptyLake />}
        {options !== undefined && lakeDays !== undefined && view !== undefined && (
          <>
            <FilterBar
              options={options}
              lakeDays={lakeDays}
              choice={wantedChoice(filters, view)}
              onChange={change}
            />
            {isEmpty ? (
              <EmptyView view={view} lakeDays={lakeDays} onClear={clear} />
            ) : (
              <>
                <Figures view={view} />
                <PurchaseNotes purchases={health?.purchases ?? null} />
                <Panels {...{ view, definitions, lakeDays }} onChange={change} />
              </>
            )}
          </>
        )}
        {health !== undefined && (
          <div class="panels">
            <HealthPanel health={health} definitions={definitions} />
          </div>
        )}
      </main>
      <footer>
        Days and hours are UTC. Amounts are in the currency of the events.
        {view !== undefined && ` Compared with ${view.previous.from} to ${view.previous.to}.`}
      </footer>
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

/** What was asked for last, whether or not its figures are there. */
function wantedChoice(filters: Filters, { choice }: View): Filters & Period {
  return { ...filters, from: filters.from ?? choice.from, to: filters.to ?? choice.to };
}
