/** Measures by device and by country. */
import { COUNTRY, DEVICE } from './frame.ts';
import { part } from './grid.ts';
import { slug } from './page.ts';
import type { Visual } from './visual-json.ts';
import { chart, measure } from './visuals.ts';

/** A bar chart of each measure by device, and one by country. */
export function splits(
  names: readonly string[],
  rows: readonly [from: number, count: number],
): Visual[] {
  const pairs = names.flatMap((name) => [DEVICE, COUNTRY].map((field) => ({ name, field })));
  return pairs.map(({ name, field }, index) =>
    chart(
      'clusteredBarChart',
      `${slug(name)}-by-${field.name.toLowerCase()}`,
      part(rows, index, pairs.length),
      {
        title: `${name} by ${field.name.toLowerCase()}`,
        altText: `Bar chart: ${name.toLowerCase()} by ${field.name.toLowerCase()}.`,
        category: field,
        values: [measure(name)],
        sort: { field: measure(name), direction: 'Descending' },
      },
    ),
  );
}
