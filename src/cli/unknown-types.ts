import type { UnknownTypes } from '../pipeline/reports.ts';
import { formatCount, formatQuantity } from './format.ts';
import { cutText, escapeControls } from './table.ts';

const MAX_TYPES_SHOWN = 8;
const MAX_TYPE_WIDTH = 40;

/**
 * One line for each source: its unknown event types and what to do about them. `total`: all
 * records with an unknown type, of which not all may have been looked at.
 */
export function renderUnknownTypes(sources: readonly UnknownTypes[], total: number): string[] {
  const seen = sources.reduce((sum, { records }) => sum + records, 0);
  const part = seen < total ? `, of ${formatQuantity(seen, 'record')} looked at` : '';
  return sources.map(({ source, types }) => {
    return `unknown event types of source ${source}${part}: ${showTypes(types)}; add them to sources.${source}.event_types, or to its ignore, then clicklake run --full-refresh`;
  });
}

/** The most frequent types with their counts. */
export function showTypes(types: UnknownTypes['types']): string {
  const shown = types.slice(0, MAX_TYPES_SHOWN).map(showType);
  return `${shown.join(', ')}${types.length > shown.length ? ', …' : ''}`;
}

function showType({ type, records }: UnknownTypes['types'][number]): string {
  return `${cutText(escapeControls(type), MAX_TYPE_WIDTH)} ${formatCount(records)}`;
}
