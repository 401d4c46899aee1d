import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Definition, Health, Options, Period, View } from '../view.ts';
import {
  changeFilters,
  type FilterChange,
  type Filters,
  readFilters,
  showInAddress,
  toQuery,
} from './address.ts';
import { askDefinitions, askHealth, askOptions, askView, LOST } from './api.ts';
import { Figures } from './figures.tsx';
import { FilterBar } from './filters.tsx';
import {
  Depths,
  Durations,
  Funnel,
  Groups,
  HealthPanel,
  Hours,
  Products,
  Trend,
} from './panels.tsx';

const REFRESH_MS = 5000;

function App() {
  const [filters, setFilters] = useState<Filters>(readFilters);
  const [options, setOptions] = useState<Options>();
  const [definitions, setDefinitions] = useState<Definition[]>([]);
  const [view, setView] = useState<View>();
  const [health, setHealth] = useState<Health>();
  const [problem, setProblem] = useState<string>();
  const [isLoading, setLoading] = useState(true);
  const version = options?.version;
  /** Counts the times a question must be asked again because the server was gone. */
  const [attempt, setAttempt] = useState(0);
  const isUnanswered = useRef(false);
  const asked = useRef<AbortController | undefined>(undefined);
  /** The filters say nothing of the lake's health: one answer holds for a version. */
  const healthVersion = useRef<string | undefined>(undefined);

  useEffect(() => {
    const back = (): void => setFilters(readFilters());
    addEventListener('popstate', back);
    askDefinitions().then(setDefinitions, () => {});
    const look = (): Promise<void> =>
      askOptions().then(
        (found) => {
          setOptions((known) => (known?.version === found.version ? known : found));
          setProblem((known) => (known === LOST ? undefined : known));
          if (isUnanswered.current) setAttempt((count) => count + 1);
          isUnanswered.current = false;
        },
        (error: Error) => setProblem((known) => known ?? error.message),
      );
    look();
    const timer = setInterval(look, REFRESH_MS);
    return () => {
      removeEventListener('popstate', back);
      clearInterval(timer);
    };
  }, []);

  useEffect(() => {
    if (version === undefined) return;
    asked.current?.abort();
    const control = new AbortController();
    asked.current = control;
    setLoading(true);
    const isHealthKnown = healthVersion.current === version;
    Promise.all([
      askView(toQuery(filters), control.signal),
      isHealthKnown ? undefined : askHealth(),
    ]).then(
      ([found, state]) => {
        setView(found);
        if (state !== undefined) {
          setHealth(state);
          healthVersion.current = version;
        }
        setProblem(undefined);
        setLoading(false);
      },
      (error: Error) => {
        if (control.signal.aborted) return;
        isUnanswered.current = error.message === LOST;
        setProblem(error.message);
        setLoading(false);
      },
    );
  }, [version, filters, attempt]);

  const change = (wanted: FilterChange): void => {
    const changed = changeFilters(filters, wanted);
    showInAddress(changed);
    setFilters(changed);
  };
  const clear = (): void => {
    showInAddress({});
    setFilters({});
  };

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
        {problem !== undefined && (
          <div class="notice problem" role="alert">
            <p>{problem}</p>
            <button type="button" onClick={clear}>
              Show the last 30 days
            </button>
          </div>
        )}
        {options?.days === null && <EmptyLake />}
        {options?.days != null && view !== undefined && (
          <>
            <FilterBar
              options={options as Options & { days: Period }}
              choice={view.choice}
              onChange={change}
            />
            {view.totals.sessions === 0 ? (
              <div class="notice">
                <p>
                  No sessions from {view.choice.from} to {view.choice.to} with these filters. The
                  lake has sessions from {options.days.from} to {options.days.to}.
                </p>
                <button type="button" onClick={clear}>
                  Show the last 30 days
                </button>
              </div>
            ) : (
              <>
                <Figures view={view} definitions={definitions} />
                <div class="panels">
                  <Trend view={view} definitions={definitions} lakeDays={options.days} />
                  <Funnel view={view} definitions={definitions} />
                  <Groups view={view} definitions={definitions} kind="device" onChange={change} />
                  <Groups view={view} definitions={definitions} kind="country" onChange={change} />
                  <Durations view={view} definitions={definitions} />
                  <Depths view={view} definitions={definitions} />
                  <Hours view={view} definitions={definitions} />
                  <Products view={view} definitions={definitions} />
                </div>
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

function EmptyLake() {
  return (
    <div class="notice">
      <h2>No sessions in this lake yet</h2>
      <p>Take events in and compute Gold; this page then shows them by itself:</p>
      <pre>
        clicklake ingest events/*.json.gz{'\n'}
        clicklake run
      </pre>
    </div>
  );
}

const place = document.getElementById('app');
if (place !== null) {
  place.replaceChildren();
  render(<App />, place);
}
