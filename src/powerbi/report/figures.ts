/** The figures at the top of a page, each with its change where the model has one. */
import { allMetrics } from '../../metrics/metrics.ts';
import { measures } from '../measures.ts';
import { shownChangeName } from '../measures-of-visuals.ts';
import { figureCard } from './cards.ts';
import { part } from './grid.ts';
import { slug } from './page.ts';
import type { Field, Visual } from './visual-json.ts';
import { measure } from './visuals.ts';

const OPTIONS = { isCheckoutSkipped: false };
const METRICS = new Map(allMetrics(OPTIONS).map((metric) => [metric.name, metric]));
const MEASURES = new Set(measures(OPTIONS).map(({ name }) => name));

/** A row of cards of one width. */
export function figures(
  page: string,
  rows: readonly [from: number, count: number],
  fields: readonly Field[],
): Visual[] {
  return fields.map((field, index) => {
    const { meaning, format, isRiseBad = false } = METRICS.get(field.name)!;
    const change = shownChangeName(field.name);
    const hasChange = MEASURES.has(change);
    const name = `${page}-${slug(field.name)}-card`;
    return figureCard(name, part(rows, index, fields.length), field, {
      altText: [
        `Card: ${field.label ?? field.name}. ${meaning}.`,
        ...(hasChange ? ['With its change against as many days directly before.'] : []),
      ].join(' '),
      isShortened: format === 'money',
      ...(hasChange ? { change: { field: measure(change), title: 'Change', isRiseBad } } : {}),
    });
  });
}
