/** Measures of what sessions came to: conversion by what happened in them, and the closed funnel. */
import { FORMATS, type Measure, sqlRate } from './measure.ts';
import { titleOf } from './model.ts';

export function conversionMeasures(): Measure[] {
  const folder = 'Conversion';
  const sessionsWith = (what: string, columns: string[], description: string): Measure => ({
    name: `Sessions with ${what}`,
    folder,
    format: FORMATS.count,
    description,
    dax: `CALCULATE([Sessions], ${columns
      .map((column) => `KEEPFILTERS(Sessions[${titleOf(column)}] = TRUE())`)
      .join(', ')})`,
    sql: `SELECT count(*) FROM gold_sessions WHERE ${columns.join(' AND ')}`,
  });
  const rate = (
    name: string,
    dax: [above: string, below: string],
    sql: [above: string, below: string],
    description: string,
  ): Measure => ({
    name,
    folder,
    format: FORMATS.rate,
    description,
    dax: `DIVIDE(${dax[0]}, ${dax[1]})`,
    sql: sqlRate(sql[0], sql[1], 'FROM gold_sessions'),
  });
  const countIf = (test: string) => `count(CASE WHEN ${test} THEN 1 END)`;
  return [
    sessionsWith('Product View', ['has_product_view'], 'Sessions with at least one product_view.'),
    sessionsWith('Add-to-Cart', ['has_add_to_cart'], 'Sessions with at least one add_to_cart.'),
    sessionsWith('Purchase', ['has_purchase'], 'Sessions with at least one purchase.'),
    sessionsWith(
      'Cart and Purchase',
      ['has_add_to_cart', 'has_purchase'],
      'Sessions with an add_to_cart and a purchase.',
    ),
    rate(
      'Conversion Rate',
      ['[Sessions with Purchase] + 0', '[Sessions]'],
      [countIf('has_purchase'), 'count(*)'],
      'Sessions with a purchase divided by sessions.',
    ),
    rate(
      'Product View Rate',
      ['[Sessions with Product View] + 0', '[Sessions]'],
      [countIf('has_product_view'), 'count(*)'],
      'Sessions with a product view divided by sessions.',
    ),
    rate(
      'Add-to-Cart Rate',
      ['[Sessions with Add-to-Cart] + 0', '[Sessions with Product View]'],
      [countIf('has_add_to_cart'), countIf('has_product_view')],
      'Sessions with an add to cart divided by sessions with a product view.',
    ),
    rate(
      'Cart-to-Purchase Rate',
      ['[Sessions with Cart and Purchase] + 0', '[Sessions with Add-to-Cart]'],
      [countIf('has_add_to_cart AND has_purchase'), countIf('has_add_to_cart')],
      'Sessions with an add to cart and a purchase divided by sessions with an add to cart.',
    ),
    rate(
      'Cart Abandonment Rate',
      [
        '[Sessions with Add-to-Cart] - [Sessions with Cart and Purchase]',
        '[Sessions with Add-to-Cart]',
      ],
      [countIf('has_add_to_cart AND NOT has_purchase'), countIf('has_add_to_cart')],
      'Sessions with an add to cart and no purchase divided by sessions with an add to cart.',
    ),
  ];
}

/** One step of the closed funnel: a column of the Funnel table. */
export interface FunnelStep {
  measure: string;
  column: string;
  /** Its name on the chart. */
  label: string;
  description: string;
}

/** The steps in their order, the first being all sessions. */
export function funnelSteps(isCheckoutSkipped: boolean): FunnelStep[] {
  return [
    {
      measure: 'Funnel Sessions',
      column: 'sessions',
      label: 'All sessions',
      description: 'Sessions that enter the funnel: all of them.',
    },
    {
      measure: 'Funnel Product View',
      column: 'reached_product_view',
      label: 'Viewed a product',
      description: 'Sessions that viewed a product.',
    },
    {
      measure: 'Funnel Add-to-Cart',
      column: 'reached_add_to_cart',
      label: 'Added to cart',
      description: 'Sessions that viewed a product and then added to the cart.',
    },
    ...(isCheckoutSkipped
      ? []
      : [
          {
            measure: 'Funnel Checkout',
            column: 'reached_checkout',
            label: 'Began checkout',
            description: 'Sessions that viewed, added to the cart and then began the checkout.',
          },
        ]),
    {
      measure: 'Funnel Purchase',
      column: 'reached_purchase',
      label: 'Purchased',
      description: 'Sessions that went through all steps in order and purchased.',
    },
  ];
}

/** The measure of what is lost between a step and the one before it. */
export function dropOffName(step: FunnelStep): string {
  return `${step.measure} Drop-off`;
}

export function funnelMeasures(isCheckoutSkipped: boolean): Measure[] {
  const folder = 'Funnel';
  const steps = funnelSteps(isCheckoutSkipped);
  const first = steps[0]!;
  const last = steps.at(-1)!;
  return [
    ...steps.map(
      ({ measure, column, description }): Measure => ({
        name: measure,
        folder,
        format: FORMATS.count,
        description,
        dax: `SUM(Funnel[${column}])`,
        sql: `SELECT sum(${column}) FROM gold_funnel`,
      }),
    ),
    ...steps.slice(1).map((step, index): Measure => {
      const before = steps[index]!;
      return {
        name: dropOffName(step),
        folder,
        format: FORMATS.rate,
        description: `Of the sessions at the step before (${before.label.toLowerCase()}), the part that went no further.`,
        dax: `DIVIDE([${before.measure}] - [${step.measure}], [${before.measure}])`,
        sql: sqlRate(
          `(sum(${before.column}) - sum(${step.column}))`,
          `sum(${before.column})`,
          'FROM gold_funnel',
        ),
      };
    }),
    {
      name: 'Funnel Completion Rate',
      folder,
      format: FORMATS.rate,
      description: 'Sessions that went through all steps divided by sessions.',
      dax: `DIVIDE([${last.measure}], [${first.measure}])`,
      sql: sqlRate(`sum(${last.column})`, `sum(${first.column})`, 'FROM gold_funnel'),
    },
  ];
}
