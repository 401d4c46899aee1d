/** Addresses of this page under names, kept by this browser alone. */
import { useState } from 'preact/hooks';

interface SavedView {
  name: string;
  query: string;
}

const KEY = 'clicklake-views';

export function SavedViews() {
  const [views, setViews] = useState(readViews);
  const [name, type] = useState('');
  const keep = (changed: SavedView[]): void => {
    localStorage.setItem(KEY, JSON.stringify(changed));
    setViews(changed);
  };
  const add = (): void => {
    if (name.trim() !== '') {
      const others = views.filter((view) => view.name !== name.trim());
      keep([...others, { name: name.trim(), query: location.search }]);
      type('');
    }
  };
  return (
    <details>
      <summary>Saved views{views.length > 0 && ` (${views.length})`}</summary>
      <ul class="chips">
        {views.map((view) => (
          <li key={view.name}>
            <a href={`${location.pathname}${view.query}`}>
              <bdi>{view.name}</bdi>
            </a>{' '}
            <button
              type="button"
              class="chip"
              aria-label={`Forget the view ${view.name}`}
              onClick={() => keep(views.filter((each) => each !== view))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <div class="filters form">
        <label>
          Name of this view
          <input
            maxLength={60}
            value={name}
            onInput={({ currentTarget }) => type(currentTarget.value)}
            onKeyDown={({ key }) => key === 'Enter' && add()}
          />
        </label>
        <button type="button" onClick={add}>
          Save
        </button>
      </div>
    </details>
  );
}

/** Another program of this address may have left anything there. */
function readViews(): SavedView[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isSavedView) : [];
  } catch {
    return [];
  }
}

function isSavedView(value: unknown): value is SavedView {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'query' in value &&
    typeof value.query === 'string' &&
    (value.query === '' || value.query.startsWith('?'))
  );
}
