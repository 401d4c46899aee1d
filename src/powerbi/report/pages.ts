/** The pages of the report: which visual shows what, and where. */

import { dropOffName, funnelSteps } from '../../metrics/metrics.ts';
import { PERIODS } from '../dimension-tables.ts';
import { changeName, weekName } from '../measures-periods.ts';
import { onlyTrue, topMembers } from './visual-filters.ts';
import type { Field, Place, Visual } from './visual-json.ts';
import {
  card,
  chart,
  column,
  funnelChart,
  heading,
  heatMap,
  measure,
  slicer,
  table,
} from './visuals.ts';

export interface PageOptions {
  /** The shop sends no checkout events: the funnel has no such step. */
  isCheckoutSkipped: boolean;
  /** Of the days and hours. */
  timeZone: string;
  /** Currencies of the orders where amounts of several are added as they were sent. */
  mixedCurrencies?: readonly string[] | undefined;
}

export interface Page {
  /** Name of its folder. */
  name: string;
  title: string;
  visuals: readonly Visual[];
}

export const PAGE_SIZE = { width: 1280, height: 720 };

const MARGIN = 16;
const GAP = 12;
const INNER_WIDTH = PAGE_SIZE.width - 2 * MARGIN;

const DATE = column('Date', 'Date');
const DEVICE = column('Device', 'Device');
const COUNTRY = column('Country', 'Country');

/** The pages in their order; the first is shown when the report opens. */
export function pages({ isCheckoutSkipped, timeZone, mixedCurrencies = [] }: PageOptions): Page[] {
  const mixed =
    mixedCurrencies.length === 0
      ? ''
      : ` Amounts in ${mixedCurrencies.join(', ')} are added as they were sent.`;
  const notes = `Time zone: ${timeZone}.${mixed}`;
  return [
    overview(notes),
    funnel(notes, isCheckoutSkipped),
    sessions(notes),
    orders(notes),
    products(notes),
  ];
}

function overview(notes: string): Page {
  const figures = [
    'Sessions',
    'Visitors',
    'Orders',
    'Revenue',
    'Average Order Value',
    'Conversion Rate',
  ];
  return {
    name: 'overview',
    title: 'Overview',
    visuals: [
      ...header(
        'overview',
        'Shop overview',
        `Changes compare with as many days directly before. ${notes}`,
      ),
      ...figures.flatMap((name, index) => [
        card(`${slug(name)}-card`, cell(84, 84, index, figures.length), measure(name)),
        card(
          `${slug(name)}-change-card`,
          cell(172, 56, index, figures.length),
          measure(changeName(name), name === 'Conversion Rate' ? 'Change (points)' : 'Change'),
          true,
        ),
      ]),
      chart('lineChart', 'sessions-trend', cell(240, 224, 0, 2), {
        title: 'Sessions a day, and their 7-day average',
        altText: 'Line chart: sessions by day with their 7-day average.',
        category: DATE,
        values: [measure('Sessions'), measure(weekName('Sessions'))],
      }),
      chart('lineChart', 'revenue-trend', cell(240, 224, 1, 2), {
        title: 'Revenue a day, and its 7-day average',
        altText: 'Line chart: revenue by day with its 7-day average.',
        category: DATE,
        values: [measure('Revenue'), measure(weekName('Revenue'))],
      }),
      ...splits(['Sessions', 'Conversion Rate'], cellsFrom(476, 196)),
      card(
        'last-event-card',
        { x: MARGIN, y: 676, width: 240, height: 40 },
        measure('Last Event', 'Last event (UTC)'),
        true,
      ),
      card(
        'last-refreshed-card',
        { x: MARGIN + 252, y: 676, width: 240, height: 40 },
        measure('Last Refreshed', 'Last refreshed (UTC)'),
        true,
      ),
    ],
  };
}

function funnel(notes: string, isCheckoutSkipped: boolean): Page {
  const steps = funnelSteps(isCheckoutSkipped);
  const drops = steps.slice(1);
  return {
    name: 'funnel',
    title: 'Funnel',
    visuals: [
      ...header(
        'funnel',
        'Funnel',
        `Sessions that reached each step after the one before it. ${notes}`,
      ),
      ...drops.map((step, index) =>
        card(
          `${slug(step.name)}-drop-off-card`,
          cell(84, 84, index, drops.length),
          measure(dropOffName(step), `Lost before: ${step.label.toLowerCase()}`),
        ),
      ),
      funnelChart('steps', cell(180, 300, 0, 2), {
        title: 'Sessions at each step',
        altText: `Funnel chart: sessions at each step, ${steps.map(({ label }) => label.toLowerCase()).join(', ')}.`,
        steps: steps.map((step) => measure(step.name, step.label)),
      }),
      chart('lineChart', 'completion-trend', cell(180, 300, 1, 2), {
        title: 'Completion and cart abandonment, day by day',
        altText: 'Line chart: funnel completion rate and cart abandonment rate by day.',
        category: DATE,
        values: [measure('Funnel Completion Rate'), measure('Cart Abandonment Rate')],
      }),
      ...splits(['Funnel Completion Rate', 'Cart Abandonment Rate'], cellsFrom(492, 212)),
    ],
  };
}

function sessions(notes: string): Page {
  const figures: Field[] = [
    measure('Average Session Duration'),
    measure('Median Session Duration'),
    measure('Events per Session'),
    measure('Sessions per Visitor'),
    measure('Bounce Rate'),
    measure('Average Daily Visitors'),
  ];
  return {
    name: 'sessions',
    title: 'Sessions',
    visuals: [
      ...header('sessions', 'Sessions', notes),
      ...figures.map((field, index) =>
        card(`${slug(field.name)}-card`, cell(84, 84, index, figures.length), field),
      ),
      chart('clusteredColumnChart', 'duration-distribution', cell(180, 240, 0, 2), {
        title: 'Sessions by duration',
        altText: 'Column chart: number of sessions in each band of duration.',
        category: column('Sessions', 'Duration Band', 'Duration'),
        values: [measure('Sessions')],
        sort: { field: column('Sessions', 'Duration Band'), direction: 'Ascending' },
      }),
      chart('clusteredColumnChart', 'event-distribution', cell(180, 240, 1, 2), {
        title: 'Sessions by number of events',
        altText: 'Column chart: number of sessions in each band of events.',
        category: column('Sessions', 'Event Band', 'Events'),
        values: [measure('Sessions')],
        sort: { field: column('Sessions', 'Event Band'), direction: 'Ascending' },
      }),
      heatMap('hours-by-weekday', place(432, 272, 0, 0.62), {
        title: 'Sessions by weekday and hour of their start',
        altText: 'Heat map: sessions by weekday in rows and hour in columns; darker is more.',
        rows: column('Date', 'Weekday'),
        columns: column('Sessions', 'Start Hour', 'Hour'),
        value: measure('Sessions'),
      }),
      chart('lineChart', 'new-and-returning', place(432, 272, 0.62, 0.38), {
        title: 'New and returning visitors a day',
        altText: 'Line chart: new visitors and returning visitors by day.',
        category: DATE,
        values: [measure('New Visitors'), measure('Returning Visitors')],
      }),
    ],
  };
}

function orders(notes: string): Page {
  const figures = [
    measure('Orders Placed'),
    measure('Gross Revenue'),
    measure('Refunded'),
    measure('Net Revenue'),
    measure('Average Order Value'),
  ];
  const amounts = [
    measure('Tax', 'Tax, as sent'),
    measure('Shipping', 'Shipping, as sent'),
    measure('Discount', 'Discounts, as sent'),
    measure('New Buyers'),
    measure('Returning Buyers'),
    measure('Days to First Order'),
    measure('Days between Orders'),
  ];
  return {
    name: 'orders',
    title: 'Orders',
    visuals: [
      ...header(
        'orders',
        'Orders and money',
        `Every order once; refunds on their own day. All devices and countries. ${notes}`,
        [],
      ),
      ...figures.map((field, index) =>
        card(`orders-${slug(field.name)}-card`, cell(84, 84, index, figures.length), field),
      ),
      ...amounts.map((field, index) =>
        card(`orders-${slug(field.name)}-card`, cell(180, 84, index, amounts.length), field),
      ),
      chart('lineChart', 'net-revenue-trend', cell(276, 432, 0, 2), {
        title: 'Net revenue and refunds a day',
        altText: 'Line chart: net revenue and refunded amounts by day.',
        category: DATE,
        values: [measure('Net Revenue'), measure('Refunded')],
      }),
      chart('lineChart', 'buyers-trend', cell(276, 432, 1, 2), {
        title: 'New and returning buyers a day',
        altText: 'Line chart: visitors with their first order, and those with a later one, by day.',
        category: DATE,
        values: [measure('New Buyers'), measure('Returning Buyers')],
      }),
    ],
  };
}

function products(notes: string): Page {
  const product = column('Products', 'Product');
  const best = (name: string, y: number, title: string, by: Field): Visual =>
    chart('clusteredBarChart', name, place(y, 262, 0.62, 0.38), {
      title,
      altText: `Bar chart: the ten products with the most ${by.label?.toLowerCase()}.`,
      category: product,
      values: [by],
      sort: { field: by, direction: 'Descending' },
      filters: [topMembers(`${name}-top`, product, by, 10)],
    });
  const figures = [
    measure('Items', 'Products'),
    measure('Item Views', 'Views'),
    measure('Item Add-to-Carts', 'Add-to-carts'),
    measure('Item Orders', 'Orders'),
    measure('Item Revenue', 'Revenue'),
  ];
  return {
    name: 'products',
    title: 'Products',
    visuals: [
      ...header(
        'products',
        'Products',
        `All devices and countries: the table has neither. ${notes}`,
        [],
      ),
      ...figures.map((field, index) =>
        card(`${slug(field.name)}-card`, cell(84, 84, index, figures.length), field),
      ),
      table('product-table', place(180, 536, 0, 0.62), {
        title: 'Products and their conversion',
        altText: 'Table: views, add-to-carts, orders, revenue and conversion of each product.',
        fields: [
          product,
          ...figures.slice(1),
          measure('Item View-to-Cart Rate', 'View to cart'),
          measure('Item Cart-to-Purchase Rate', 'Cart to purchase'),
        ],
        sort: { field: measure('Item Revenue'), direction: 'Descending' },
      }),
      best('most-revenue', 180, 'Most revenue', measure('Item Revenue', 'Revenue')),
      best('most-views', 454, 'Most views', measure('Item Views', 'Views')),
    ],
  };
}

/** Title and slicers. Members are left out where the page's facts have none. */
function header(page: string, title: string, note: string, members = [DEVICE, COUNTRY]): Visual[] {
  const slicers: ((at: Place) => Visual)[] = [
    (at) =>
      slicer(`${page}-period-slicer`, at, column('Date', 'Period'), {
        mode: 'Dropdown',
        altText: 'Slicer: the newest days of the data, those before, or earlier ones.',
        selected: PERIODS.current,
      }),
    (at) =>
      slicer(`${page}-date-slicer`, at, DATE, {
        mode: 'Between',
        altText: 'Slicer: first and last day.',
        filters: [onlyTrue(`${page}-days-with-data`, column('Date', 'Has Data'))],
      }),
    ...members.map(
      (field) => (at: Place) =>
        slicer(`${page}-${field.name.toLowerCase()}-slicer`, at, field, {
          mode: 'Dropdown',
          altText: `Slicer: ${field.name.toLowerCase()}.`,
        }),
    ),
  ];
  const width = 208;
  const start = PAGE_SIZE.width - MARGIN - slicers.length * (width + GAP) + GAP;
  return [
    heading(
      `${page}-title`,
      { x: MARGIN, y: 8, width: start - MARGIN - GAP, height: 68 },
      title,
      note,
    ),
    ...slicers.map((make, index) =>
      make({ x: start + index * (width + GAP), y: 8, width, height: 68 }),
    ),
  ];
}

/** A bar chart of each measure by device, and one by country. */
function splits(names: readonly string[], at: (index: number, count: number) => Place): Visual[] {
  const pairs = names.flatMap((name) => [DEVICE, COUNTRY].map((field) => ({ name, field })));
  return pairs.map(({ name, field }, index) =>
    chart(
      'clusteredBarChart',
      `${slug(name)}-by-${field.name.toLowerCase()}`,
      at(index, pairs.length),
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

/** One of `count` equal parts of a row. */
function cell(y: number, height: number, index: number, count: number): Place {
  const width = Math.floor((INNER_WIDTH - GAP * (count - 1)) / count);
  return { x: MARGIN + index * (width + GAP), y, width, height };
}

function cellsFrom(y: number, height: number): (index: number, count: number) => Place {
  return (index, count) => cell(y, height, index, count);
}

/** A part of a row that begins and is as wide as the given shares of it. */
function place(y: number, height: number, from: number, share: number): Place {
  const x = MARGIN + Math.round(INNER_WIDTH * from) + (from === 0 ? 0 : GAP / 2);
  const end =
    MARGIN + Math.round(INNER_WIDTH * (from + share)) - (from + share === 1 ? 0 : GAP / 2);
  return { x, y, width: end - x, height };
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
