/** The figures at the top of a page. */
import { allMetrics } from '../../metrics/metrics.ts';
import { part } from './grid.ts';
import { slug } from './page.ts';
import type { Field, Visual } from './visual-json.ts';
import { card } from './visuals.ts';

const MEANINGS = new Map(
  allMetrics({ isCheckoutSkipped: false }).map(({ name, meaning }) => [name, meaning]),
);

/** A row of cards of one width. */
export function figures(
  page: string,
  rows: readonly [from: number, count: number],
  fields: readonly Field[],
): Visual[] {
  return fields.map((field, index) =>
    card(`${page}-${slug(field.name)}-card`, part(rows, index, fields.length), field, {
      altText: `Card: ${field.label ?? field.name}. ${MEANINGS.get(field.name)}.`,
    }),
  );
}
