/** Hidden measures that only the report's visuals need. */
import { FORMATS, type Measure } from './measure.ts';
import { changeName, comparedWithBefore } from './measures-periods.ts';

/** Figures on cards whose change the model does not list. */
const ALSO_COMPARED = [
  'New Visitors',
  'Sessions per Visitor',
  'Average Daily Visitors',
  'Events per Session',
  'Median Session Duration',
  'Orders Placed',
  'Gross Revenue',
  'Refunded',
  'Tax',
  'Shipping',
  'Discount',
  'New Buyers',
  'Returning Buyers',
  'Days to First Order',
  'Days between Orders',
  'Funnel Product View Drop-off',
  'Funnel Add-to-Cart Drop-off',
  'Funnel Checkout Drop-off',
  'Funnel Purchase Drop-off',
  'Funnel Completion Rate',
  'Items',
  'Item Views',
  'Item Add-to-Carts',
  'Item Orders',
  'Item Quantity',
  'Item Revenue',
  'Item View-to-Cart Rate',
  'Item Cart-to-Purchase Rate',
];

/** Up, down, as before; the same marks as on the dashboard. */
const GROWTH = '▲\\ +#,0.0%;▼\\ \\−#,0.0%;±\\ #,0.0%';
const POINTS = '▲\\ +#,0.00\\ \\p\\p;▼\\ \\−#,0.00\\ \\p\\p;±\\ #,0.00\\ \\p\\p';

/** Smaller changes would be shown as 0 with a sign and a colour. */
const FLAT = { growth: 0.0005, rate: 0.00005 };

/** The change of a measure as a card shows it. */
export function shownChangeName(name: string): string {
  return `${changeName(name)} Shown`;
}

/** Changes as cards show them: of the measures that have one, and of those that get one here. */
export function visualMeasures(measures: readonly Measure[]): Measure[] {
  const added = measures
    .filter(({ name }) => ALSO_COMPARED.includes(name))
    .flatMap(comparedWithBefore)
    .map((measure) => ({ ...measure, isHidden: true }));
  const byName = new Map([...measures, ...added].map((measure) => [measure.name, measure]));
  const shown = measures.flatMap((base) => {
    const change = byName.get(changeName(base.name));
    return change === undefined ? [] : [shownChange(base, change)];
  });
  return [...added, ...shown];
}

function shownChange(base: Measure, change: Measure): Measure {
  const isRate = base.format === FORMATS.rate;
  const flat = isRate ? FLAT.rate : FLAT.growth;
  return {
    name: shownChangeName(base.name),
    folder: change.folder,
    format: isRate ? POINTS : GROWTH,
    description: isRate
      ? `${change.name} in hundredths, for cards [percentage points]. 0 where it would round to that.`
      : `${change.name}, for cards. 0 where it would round to that.`,
    dax: [
      'IF(',
      `    NOT ISBLANK([${change.name}]),`,
      `    IF(ABS([${change.name}]) >= ${flat}, ${isRate ? '100 * ' : ''}[${change.name}], 0)`,
      ')',
    ].join('\n'),
    sql: `SELECT CASE WHEN abs(change) < ${flat} THEN 0 ELSE ${isRate ? '100 * ' : ''}change END FROM (SELECT (${change.sql}) AS change)`,
    isHidden: true,
  };
}
