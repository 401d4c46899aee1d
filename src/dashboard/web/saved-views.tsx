/** Addresses of this page under names, kept by this browser alone. */
import { useEffect, useState } from 'preact/hooks';
import { forgetView, keepView, readViews } from './kept-views.ts';

const storage = (): Storage => localStorage;

export function SavedViews() {
  const [views, setViews] = useState(() => readViews(storage));
  const [name, type] = useState('');
  useEffect(() => {
    const readAgain = (): void => setViews(readViews(storage));
    // By another tab.
    addEventListener('storage', readAgain);
    return () => removeEventListener('storage', readAgain);
  }, []);
  const add = (): void => {
    if (name.trim() !== '') {
      setViews(keepView(storage, { name: name.trim(), query: location.search }));
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
              onClick={() => setViews(forgetView(storage, view.name))}
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
