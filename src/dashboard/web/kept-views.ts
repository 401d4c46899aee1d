/** Saved views in the storage of this browser, which other tabs change too: it is read before each write. */

export interface SavedView {
  name: string;
  query: string;
}

/** Taken each time: a browser may refuse it. */
export type ViewStorage = () => {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
};

const KEY = 'clicklake-views';

/** Another program of this address may have left anything there. */
export function readViews(storage: ViewStorage): SavedView[] {
  try {
    const kept: unknown = JSON.parse(storage().getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isSavedView) : [];
  } catch {
    return [];
  }
}

/** In place of a view of the same name. Returns all views. */
export function keepView(storage: ViewStorage, view: SavedView): SavedView[] {
  return write(storage, [...readViews(storage).filter(({ name }) => name !== view.name), view]);
}

/** Returns the other views. */
export function forgetView(storage: ViewStorage, name: string): SavedView[] {
  return write(
    storage,
    readViews(storage).filter((view) => view.name !== name),
  );
}

function write(storage: ViewStorage, views: SavedView[]): SavedView[] {
  storage().setItem(KEY, JSON.stringify(views));
  return views;
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
