/** The pages of the report, in their order. */
import type { Page, PageOptions } from './page.ts';
import { acquisitionPage } from './pages/acquisition.ts';
import { buyersPage } from './pages/buyers.ts';
import { explorePage } from './pages/explore.ts';
import { funnelPage } from './pages/funnel.ts';
import { ordersPage } from './pages/orders.ts';
import { overviewPage } from './pages/overview.ts';
import { productDetailsPage } from './pages/product-details.ts';
import { productsPage } from './pages/products.ts';
import { retentionPage } from './pages/retention.ts';
import { sessionDetailsPage } from './pages/session-details.ts';
import { sessionsPage } from './pages/sessions.ts';
import { dayTooltip, moneyTooltip } from './pages/tooltips.ts';

/** The first is shown when the report opens. */
export function pages(options: PageOptions): Page[] {
  const { isCheckoutSkipped, hasBands, timeZone, mixedCurrencies = [] } = options;
  const mixed =
    mixedCurrencies.length === 0
      ? ''
      : ` Amounts in ${mixedCurrencies.join(', ')} are added as they were sent.`;
  const notes = `Time zone: ${timeZone}.${mixed}`;
  return [
    overviewPage(notes),
    acquisitionPage(notes),
    funnelPage(notes, isCheckoutSkipped),
    sessionsPage(notes, hasBands),
    ordersPage(notes),
    buyersPage(notes),
    retentionPage(notes),
    productsPage(notes),
    explorePage(notes),
    sessionDetailsPage(notes, hasBands),
    productDetailsPage(notes),
    dayTooltip(),
    moneyTooltip(),
  ];
}
