/** The filters, and which own table is shown, live in the page's address, so that a view can be shared, and the back button works. */
import type { Period } from '../view.ts';

export interface Filters {
  from?: string;
  to?: string;
  device?: string;
  country?: string;
  /** An own table; absent: the overview. */
  table?: string;
  /** Column that an own table is sorted by; `-` before it: the largest first. */
  sort?: string;
}

/** `undefined` takes a filter away. */
export type FilterChange = { [Name in keyof Filters]: string | undefined };

const NAMES = ['from', 'to', 'device', 'country', 'table', 'sort'] as const;

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

/** What was asked for last, whether or not its figures are there. */
export function wantedPeriod({ from, to }: Filters, shown: Period): Period {
  return { from: from ?? shown.from, to: to ?? shown.to };
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
