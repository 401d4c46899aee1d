/** How a figure has changed against the days compared with. */
import type { Figure } from '../view.ts';
import { formatChange, formatPoints, formatValue } from './format.ts';

export interface Change {
  text: string;
  kind: 'good' | 'poor' | 'flat';
}

/**
 * A rate changes by percentage points. Of what was 0 or less there is no percentage: the text has the earlier
 * value in its place.
 */
export function changeOf(
  {
    format,
    isRiseBad = false,
    isNeutral = false,
  }: Pick<Figure, 'format'> & Partial<Pick<Figure, 'isRiseBad' | 'isNeutral'>>,
  value: number,
  before: number,
): Change {
  const isRate = format === 'rate';
  const isShare = !isRate && before > 0;
  const change = isShare ? value / before - 1 : value - before;
  if (!isRate && !isShare && change === 0) {
    return { text: 'as before', kind: 'flat' };
  }
  const isFlat = (isRate || isShare) && Math.abs(change) < (isRate ? 0.00005 : 0.0005);
  const isRise = change > 0;
  const kind = isFlat || isNeutral ? 'flat' : isRise === !isRiseBad ? 'good' : 'poor';
  if (!isRate && !isShare) {
    return { text: `${isRise ? '▲' : '▼'} from ${formatValue(format, before)}`, kind };
  }
  const sign = isFlat ? '±' : isRise ? '▲ +' : '▼ −';
  return { text: `${sign}${isRate ? formatPoints(change) : formatChange(change)}`, kind };
}
