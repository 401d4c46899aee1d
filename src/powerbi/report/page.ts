/** What a page of the report is. */
import type { Size } from './grid.ts';
import type { Field, Visual } from './visual-json.ts';

export interface PageOptions {
  /** The shop sends no checkout events: the funnel has no such step. */
  isCheckoutSkipped: boolean;
  /** Sessions has bands of duration and events, which are computed on load. */
  hasBands: boolean;
  /** Of the days and hours. */
  timeZone: string;
  /** Currencies of the orders where amounts of several are added as they were sent. */
  mixedCurrencies?: readonly string[] | undefined;
}

export interface Page {
  /** Name of its folder. */
  name: string;
  title: string;
  /** Where it is not that of a screen. */
  size?: Size;
  /** Of a page that is not listed: reached from data points of these fields, or shown beside the pointer. */
  use?: { kind: 'Drillthrough'; fields: readonly Field[] } | { kind: 'Tooltip' };
  visuals: readonly Visual[];
}

/** A part of the names of visuals: words joined by hyphens. */
export function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
