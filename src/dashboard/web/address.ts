/** The filters, and which own table is shown, live in the page's address, so that a view can be shared, and the back button works. */
import {
  type DimensionId,
  type Filter,
  type Operator,
  readFilters as readWhere,
  writeFilters,
} from '../dimensions.ts';
import type { Period } from '../view.ts';

export interface Filters extends Fields {
  /** What the page shows sessions of. */
  where: Filter[];
}

interface Fields {
  from?: string;
  to?: string;
  /** Absent: the overview. */
  page?: string;
  compare?: string;
  compare_from?: string;
  compare_to?: string;
  grain?: string;
  /** The dimension that the trend is broken down by. */
  by?: string;
  /** Whose events are listed. */
  session?: string;
  /** The figure on the line. */
  figure?: string;
  /** An own table; absent: the overview. */
  table?: string;
  /** Column that an own table is sorted by; `-` before it: the largest first. */
  sort?: string;
}

/** `undefined` takes a filter away. */
export type FilterChange = { [Name in keyof Fields]: string | undefined } & { where?: Filter[] };

const NAMES = [
  ...(['page', 'from', 'to', 'compare', 'compare_from', 'compare_to', 'grain', 'by'] as const),
  ...(['session', 'figure', 'table', 'sort'] as const),
];

export function readFilters(): Filters {
  const query = new URLSearchParams(location.search);
  const filters: Filters = { where: readWhere(query) };
  for (const name of NAMES) {
    const value = query.get(name);
    if (value !== null) {
      filters[name] = value;
    }
  }
  return filters;
}

export function changeFilters(filters: Filters, change: FilterChange): Filters {
  const changed: Filters = { where: change.where ?? filters.where };
  for (const name of NAMES) {
    const value = name in change ? change[name] : filters[name];
    if (value !== undefined) {
      changed[name] = value;
    }
  }
  return changed;
}

/** The values that a dimension is filtered by. */
export function valuesOf(where: Filter[], dimension: DimensionId, operator: Operator): string[] {
  const found = where.find((each) => each.dimension === dimension && each.operator === operator);
  return found?.values ?? [];
}

/** The filters with one value more, or without it where it is there. */
export function toggleValue(
  where: Filter[],
  { dimension, operator }: Pick<Filter, 'dimension' | 'operator'>,
  value: string,
): Filter[] {
  const values = valuesOf(where, dimension, operator);
  const changed = values.includes(value)
    ? values.filter((each) => each !== value)
    : [...values, value];
  return withValues(where, { dimension, operator, values: changed });
}

/** The filters with other values for one dimension and operator; none: without it. */
export function withValues(where: Filter[], changed: Filter): Filter[] {
  const { dimension, operator, values } = changed;
  const others = where.filter((each) => each.dimension !== dimension || each.operator !== operator);
  return values.length === 0 ? others : [...others, changed];
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
  writeFilters(query, filters.where);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The address of the page with these filters. */
export function addressOf(filters: Filters): string {
  return `${location.pathname}${toQuery(filters)}`;
}

export function showInAddress(filters: Filters): void {
  history.pushState(null, '', addressOf(filters));
}
