/** The filters live in the page's address, so that a view can be shared, and the back button works. */

export interface Filters {
  from?: string;
  to?: string;
  device?: string;
  country?: string;
}

/** `undefined` takes a filter away. */
export type FilterChange = { [Name in keyof Filters]: string | undefined };

const NAMES = ['from', 'to', 'device', 'country'] as const;

export function readFilters(): Filters {
  const query = new URLSearchParams(location.search);
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = query.get(name);
    if (value !== null) {
      filters[name] = value;
    }
  }
  return filters;
}

export function changeFilters(filters: Filters, change: FilterChange): Filters {
  const changed: Filters = {};
  for (const name of NAMES) {
    const value = name in change ? change[name] : filters[name];
    if (value !== undefined) {
      changed[name] = value;
    }
  }
  return changed;
}

/** The filters as a query, with the question mark; empty without any. */
export function toQuery(filters: Filters): string {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = filters[name];
    if (value !== undefined) {
      query.set(name, value);
    }
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

export function showInAddress(filters: Filters): void {
  history.pushState(null, '', `${location.pathname}${toQuery(filters)}`);
}
