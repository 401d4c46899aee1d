/** What stands in place of figures. */
import type { Period, View } from '../view.ts';

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

export function EmptyView(props: { view: View; lakeDays: Period; onClear: () => void }) {
  const { view, lakeDays, onClear } = props;
  return (
    <div class="notice">
      <p>
        No sessions, orders or refunds from {view.choice.from} to {view.choice.to}
        {view.choice.filters.length > 0 && ' with these filters'}. The lake has days from{' '}
        {lakeDays.from} to {lakeDays.to}.
      </p>
      <button type="button" onClick={onClear}>
        Show the latest days
      </button>
    </div>
  );
}

export function EmptyLake() {
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
