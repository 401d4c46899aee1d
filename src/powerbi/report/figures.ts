/** The figures at the top of a page, each with its change. */
import { allMetrics } from '../../metrics/metrics.ts';
import { FORMATS } from '../measure.ts';
import { measures } from '../measures.ts';
import { shownChangeName } from '../measures-of-visuals.ts';
import { figureCard } from './cards.ts';
import { part } from './grid.ts';
import { slug } from './page.ts';
import type { Field, Visual } from './visual-json.ts';
import { measure } from './visuals.ts';

const OPTIONS = { isCheckoutSkipped: false };
const METRICS = new Map(allMetrics(OPTIONS).map((metric) => [metric.name, metric]));
const MEASURES = new Map(measures(OPTIONS).map((each) => [each.name, each]));

/** The alternative text of a figure, and what kind of number it is. */
export function meaningOf({ name, label = name }: Field): {
  altText: string;
  kind: 'amount' | 'rate' | 'other';
} {
  const { description, format } = MEASURES.get(name)!;
  const meaning = METRICS.get(name)?.meaning ?? description.slice(0, description.indexOf('. '));
  const kind = format === FORMATS.money ? 'amount' : format === FORMATS.rate ? 'rate' : 'other';
  return { altText: `Card: ${label}. ${meaning}.`, kind };
}

/** A row of cards of one width; without changes where the page has all days. */
export function figures(
  page: string,
  rows: readonly [from: number, count: number],
  fields: readonly Field[],
  { hasChanges = true }: { hasChanges?: boolean } = {},
): Visual[] {
  return fields.map((field, index) => {
    const place = part(rows, index, fields.length);
    const change = shownChangeName(field.name);
    const plain = meaningOf(field);
    const name = `${page}-${slug(field.name)}-card`;
    if (!hasChanges) {
      return figureCard(name, place, field, plain);
    }
    return figureCard(name, place, field, {
      ...plain,
      altText: `${plain.altText} With its change against the same number of days immediately before.`,
      change: {
        field: measure(change),
        title: 'Change',
        isRiseBad: METRICS.get(field.name)?.isRiseBad === true,
      },
    });
  });
}
