/** Hidden measures that only the report's visuals need. */
import { FORMATS, type Measure } from './measure.ts';
import { changeName, comparedWithBefore } from './measures-periods.ts';

/** The figures on cards with a change. */
const COMPARED_ON_CARDS = [
  'Sessions',
  'Visitors',
  'New Visitors',
  'Sessions per Visitor',
  'Average Daily Visitors',
  'Bounce Rate',
  'Average Session Duration',
  'Events per Session',
  'Median Session Duration',
  'Conversion Rate',
  'Cart Abandonment Rate',
  'Orders',
  'Revenue',
  'Average Order Value',
  'Orders Placed',
  'Gross Revenue',
  'Refunded',
  'Net Revenue',
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
const GROWTH = '▲\\ +#,0.0%;▼\\ \\−#,0.0%;±#,0.0%';
const POINTS = '▲\\ +#,0.00\\ \\p\\p;▼\\ \\−#,0.00\\ \\p\\p;±#,0.00\\ \\p\\p';

/** Smaller changes would be shown as 0 with a sign and a colour. */
const FLAT = { growth: 0.0005, rate: 0.00005 };

/** The change of a measure as a card shows it. */
export function shownChangeName(name: string): string {
  return `${changeName(name)} Shown`;
}

/** Changes as cards show them, and those that they are made of where the model does not list them. */
export function visualMeasures(measures: readonly Measure[]): Measure[] {
  const names = new Set(measures.map(({ name }) => name));
  const onCards = measures.filter(({ name }) => COMPARED_ON_CARDS.includes(name));
  const added = onCards
    .filter(({ name }) => !names.has(changeName(name)))
    .flatMap(comparedWithBefore)
    .map((measure) => ({ ...measure, isHidden: true }));
  const byName = new Map([...measures, ...added].map((measure) => [measure.name, measure]));
  return [
    ...added,
    ...onCards.map((base) => shownChange(base, byName.get(changeName(base.name))!)),
  ];
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
