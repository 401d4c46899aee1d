/** Where sessions leave the way to an order. */
import { dropOffName, funnelSteps } from '../../../metrics/metrics.ts';
import { figures } from '../figures.ts';
import { DATE, footer, header } from '../frame.ts';
import { FIGURES, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { splits } from '../splits.ts';
import { chart, funnelChart, measure } from '../visuals.ts';
import { DAY_TOOLTIP } from './tooltips.ts';

const CHARTS = [8, 9] as const;
const FIGURE_COUNT = 6;

export function funnelPage(notes: string, isCheckoutSkipped: boolean): Page {
  const name = 'funnel';
  const steps = funnelSteps(isCheckoutSkipped);
  const drops = steps
    .slice(1)
    .map((step) => measure(dropOffName(step), `Lost before: ${step.label.toLowerCase()}`));
  const others = ['Cart Abandonment Rate', 'Conversion Rate', 'Funnel Completion Rate'];
  return {
    name,
    title: 'Funnel',
    visuals: [
      ...header(name, 'Funnel'),
      ...figures(
        name,
        FIGURES,
        [...drops, ...others.map((other) => measure(other))].slice(0, FIGURE_COUNT),
      ),
      funnelChart('steps', part(CHARTS, 0, 2), {
        title: 'Sessions at each step',
        altText: `Funnel chart: sessions at each step, ${steps.map(({ label }) => label.toLowerCase()).join(', ')}.`,
        steps: steps.map((step) => measure(step.name, step.label)),
      }),
      chart('lineChart', 'completion-trend', part(CHARTS, 1, 2), {
        title: 'Completion and cart abandonment, day by day',
        altText: 'Line chart: funnel completion rate and cart abandonment rate by day.',
        tooltipPage: DAY_TOOLTIP,
        category: DATE,
        values: [measure('Funnel Completion Rate'), measure('Cart Abandonment Rate')],
      }),
      ...splits(['Funnel Completion Rate', 'Cart Abandonment Rate'], [17, 8]),
      ...footer(name, `Sessions that reached each step after the one before it. ${notes}`),
    ],
  };
}
