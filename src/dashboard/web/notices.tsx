/** What stands in place of figures. */
import { findPage } from '../pages.ts';
import type { Health, Period, View } from '../view.ts';
import type { FilterChange } from './address.ts';
import { formatCountOf } from './format.ts';

export function Problem({ text, onClear }: { text: string; onClear: () => void }) {
  return (
    <div class="notice problem" role="alert">
      <p>{text}</p>
      <button type="button" onClick={onClear}>
        Show the latest days
      </button>
    </div>
  );
}

export function EmptyView(props: {
  view: View;
  lakeDays: Period;
  onChange: (change: FilterChange) => void;
  onClear: () => void;
}) {
  const { view, lakeDays, onChange, onClear } = props;
  const isFiltered = view.choice.filters.length > 0;
  return (
    <div class="notice">
      <p>
        No sessions, orders or refunds from {view.choice.from} to {view.choice.to}
        {isFiltered && ' with these filters'}. The lake has days from {lakeDays.from} to{' '}
        {lakeDays.to}.
      </p>
      {isFiltered && (
        <button type="button" onClick={() => onChange({ where: [] })}>
          Remove all filters
        </button>
      )}{' '}
      <button type="button" onClick={onClear}>
        Show the latest days
      </button>
    </div>
  );
}

export function EmptyLake(props: {
  health: Health | undefined;
  onChange: (change: FilterChange) => void;
}) {
  const quarantined = props.health?.quarantined.reduce((sum, { lines }) => sum + lines, 0) ?? 0;
  return (
    <div class="notice">
      <h2>No sessions in this lake yet</h2>
      {quarantined > 0 && (
        <p>
          {formatCountOf(quarantined, 'record')} in quarantine: see{' '}
          <button type="button" onClick={() => props.onChange({ page: 'health' })}>
            {findPage('health')?.name}
          </button>
        </p>
      )}
      <p>Take events in and compute Gold; this page then shows them by itself:</p>
      <pre>
        clicklake ingest events/*.json.gz{'\n'}
        clicklake run
      </pre>
    </div>
  );
}
