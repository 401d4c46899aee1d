/** The figures at the top of a page, each with its change where the model has one. */
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

/** The alternative text of a figure, and whether it is shortened. */
export function meaningOf({ name, label = name }: Field): {
  altText: string;
  isShortened: boolean;
} {
  const { description, format } = MEASURES.get(name)!;
  const meaning = METRICS.get(name)?.meaning ?? description.slice(0, description.indexOf('. '));
  return { altText: `Card: ${label}. ${meaning}.`, isShortened: format === FORMATS.money };
}

/** A row of cards of one width. */
export function figures(
  page: string,
  rows: readonly [from: number, count: number],
  fields: readonly Field[],
): Visual[] {
  return fields.map((field, index) => {
    const place = part(rows, index, fields.length);
    const change = shownChangeName(field.name);
    const plain = meaningOf(field);
    const name = `${page}-${slug(field.name)}-card`;
    if (!MEASURES.has(change)) {
      return figureCard(name, place, field, plain);
    }
    return figureCard(name, place, field, {
      ...plain,
      altText: `${plain.altText} With its change against as many days directly before.`,
      change: {
        field: measure(change),
        title: 'Change',
        isRiseBad: METRICS.get(field.name)?.isRiseBad === true,
      },
    });
  });
}
