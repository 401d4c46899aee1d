/** The pages, in navigation order. A new page is one more entry. */
import type { DimensionId } from './dimensions.ts';

/** The panels of a page, from top to bottom; `groups` and `steps` have a table per dimension of the page. */
export type PanelId =
  | 'figures'
  | 'notes'
  | 'trend'
  | 'funnel'
  | 'groups'
  | 'durations'
  | 'depths'
  | 'hours'
  | 'products'
  | 'attribution'
  | 'orders'
  | 'steps'
  | 'cohorts'
  | 'segments'
  | 'sessions'
  | 'session'
  | 'health'
  | 'checks'
  | 'batches'
  | 'sources'
  | 'quarantine'
  | 'arrivals'
  | 'tables';

/** Which figures a page is about. */
export type FigureSetId = 'sessions' | 'orders';

export interface PageEntry {
  id: string;
  name: string;
  panels: readonly PanelId[];
  /** Default: those of sessions. */
  figures?: FigureSetId;
  groups?: readonly DimensionId[];
  /** About the whole lake; not filtered. */
  isOfWholeLake?: true;
}

export const OVERVIEW: PageEntry = {
  id: 'overview',
  name: 'Overview',
  panels: ['figures', 'notes', 'trend', 'funnel', 'groups'],
  groups: ['device', 'country', 'visitor'],
};

export const PAGES: readonly PageEntry[] = [
  OVERVIEW,
  {
    id: 'acquisition',
    name: 'Acquisition',
    panels: ['trend', 'groups', 'attribution'],
    groups: ['channel', 'source', 'medium', 'campaign', 'landing_page'],
  },
  {
    id: 'funnel',
    name: 'Funnel',
    panels: ['funnel', 'steps'],
    groups: ['channel', 'device', 'country', 'visitor'],
  },
  { id: 'engagement', name: 'Engagement', panels: ['durations', 'depths', 'hours'] },
  { id: 'products', name: 'Products', panels: ['products'] },
  { id: 'retention', name: 'Retention', panels: ['cohorts', 'segments'] },
  {
    id: 'orders',
    name: 'Orders',
    figures: 'orders',
    panels: ['figures', 'notes', 'trend', 'orders'],
  },
  { id: 'sessions', name: 'Sessions', panels: ['session', 'sessions'] },
  {
    id: 'health',
    name: 'Data health',
    panels: ['health', 'checks', 'batches', 'sources', 'quarantine', 'arrivals', 'tables'],
    isOfWholeLake: true,
  },
];

/** Undefined for an unknown page; without a name, the overview. */
export function findPage(id: string | null | undefined): PageEntry | undefined {
  return id == null || id === '' ? OVERVIEW : PAGES.find((page) => page.id === id);
}
