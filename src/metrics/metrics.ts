/**
 * The definition of every metric. Power BI's measures, the dashboard's figures, the demo's report and
 * the docs are derived from it. A test compares SQL and DAX on a lake.
 */
import { divide, type Metric, metricsOf, modelColumn } from './metric.ts';

const MONEY_NOTE =
  'The amount of an order without an exchange rate is not included. If money.currency is not set, amounts are added as sent.';
const MONEY = { format: 'money', unit: 'units of money.currency' } as const;
const ALL_MEMBERS_NOTE = 'Not filtered by device or country.';

const countIf = (test: string) => `count(CASE WHEN ${test} THEN 1 END)`;
const VISITORS = 'count(DISTINCT visitor_id)';
const NEW_VISITORS = countIf('session_number = first_session_number');
/** ALLEXCEPT keeps a filter on Is Bot: where rows of bots are among Sessions, neither side counts them. */
const NEW_VISITORS_DAX = [
  'COUNTROWS(',
  '    FILTER(',
  '        VALUES(Sessions[visitor_id]),',
  '        CALCULATE(MIN(Sessions[Session Number]))',
  '            = CALCULATE(MIN(Sessions[Session Number]), ALLEXCEPT(Sessions, Sessions[visitor_id], Sessions[Is Bot]))',
  '    )',
  ')',
].join('\n');

const SESSIONS = metricsOf(
  { folder: 'Sessions', table: 'gold_sessions' },
  {
    sessions: {
      name: 'Sessions',
      format: 'count',
      meaning: 'Sessions, by the date, device and country of their first event',
      sql: 'count(*)',
      dax: 'COUNTROWS(Sessions)',
    },
    visitors: {
      name: 'Visitors',
      format: 'count',
      meaning: 'Distinct visitors in the selected sessions',
      notes: ['Does not add up across dates.'],
      sql: VISITORS,
      dax: 'DISTINCTCOUNT(Sessions[visitor_id])',
    },
    sessionsPerVisitor: {
      name: 'Sessions per Visitor',
      format: 'two',
      meaning: 'Sessions divided by visitors',
      sql: divide('count(*)', VISITORS),
      dax: 'DIVIDE([Sessions], [Visitors])',
    },
    newVisitors: {
      name: 'New Visitors',
      format: 'count',
      meaning: 'Visitors whose first session is one of the selected sessions',
      notes: [
        'A session of a bot is the first one only if the lake was computed with bots: include.',
      ],
      sql: NEW_VISITORS,
      dax: NEW_VISITORS_DAX,
    },
    returningVisitors: {
      name: 'Returning Visitors',
      format: 'count',
      meaning: 'Visitors with a selected session whose first session is not selected',
      sql: `${VISITORS} - ${NEW_VISITORS}`,
      dax: '[Visitors] - [New Visitors]',
    },
    averageDailyVisitors: {
      name: 'Average Daily Visitors',
      format: 'one',
      meaning: 'Mean number of distinct visitors per day, over days with visitors',
      sql: divide('count(DISTINCT (session_date, visitor_id))', 'count(DISTINCT session_date)'),
      dax: "AVERAGEX(VALUES('Date'[Date]), [Visitors])",
    },
    sessionEvents: {
      name: 'Session Events',
      format: 'count',
      meaning:
        'Events of the sessions, by the date, device and country of the first event of their session',
      sql: 'sum(event_count)',
      dax: 'SUM(Sessions[event_count])',
    },
    eventsPerSession: {
      name: 'Events per Session',
      format: 'one',
      meaning: 'Events of the sessions divided by sessions',
      sql: divide('sum(event_count)', 'count(*)'),
      dax: 'DIVIDE(SUM(Sessions[event_count]), [Sessions])',
    },
    averageSessionDuration: {
      name: 'Average Session Duration',
      format: 'seconds',
      unit: 's',
      meaning: 'Mean time from the first to the last event of a session',
      sql: 'avg(duration_seconds)',
      dax: 'AVERAGE(Sessions[duration_seconds])',
    },
    medianSessionDuration: {
      name: 'Median Session Duration',
      format: 'seconds',
      unit: 's',
      meaning: 'Median time from the first to the last event of a session',
      sql: 'median(CAST(duration_seconds AS DOUBLE))',
      dax: 'MEDIAN(Sessions[duration_seconds])',
    },
    bouncedSessions: {
      name: 'Bounced Sessions',
      format: 'count',
      meaning: 'Sessions with only one event',
      sql: countIf('is_bounce'),
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Is Bounce] = TRUE()))',
    },
    bounceRate: {
      name: 'Bounce Rate',
      format: 'rate',
      meaning: 'Bounced sessions divided by sessions',
      sql: divide(countIf('is_bounce'), 'count(*)'),
      dax: 'DIVIDE([Bounced Sessions] + 0, [Sessions])',
      isRiseBad: true,
    },
    engagedSessions: {
      name: 'Engaged Sessions',
      format: 'count',
      meaning:
        'Sessions that last longer than 10 seconds, have an order, or have at least two page or product views',
      sql: countIf('is_engaged'),
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Is Engaged] = TRUE()))',
    },
    engagementRate: {
      name: 'Engagement Rate',
      format: 'rate',
      meaning: 'Engaged sessions divided by sessions',
      sql: divide(countIf('is_engaged'), 'count(*)'),
      dax: 'DIVIDE([Engaged Sessions] + 0, [Sessions])',
    },
  },
);

const FIRST_SESSIONS = metricsOf(
  { folder: 'Sessions\\By First Session', table: 'gold_users' },
  {
    visitorsFirstSeen: {
      name: 'Visitors First Seen',
      format: 'count',
      meaning: 'Visitors, by the date of their first session',
      notes: [ALL_MEMBERS_NOTE],
      sql: 'count(*)',
      dax: 'COUNTROWS(Visitors)',
    },
    buyerShare: {
      name: 'Buyer Share',
      format: 'rate',
      meaning: 'Share of the visitors first seen in the period who have ordered since',
      sql: divide(countIf('is_buyer'), 'count(*)'),
      dax: 'DIVIDE(CALCULATE([Visitors First Seen], KEEPFILTERS(Visitors[Is Buyer] = TRUE())) + 0, [Visitors First Seen])',
    },
    revenuePerVisitorFirstSeen: {
      name: 'Revenue per Visitor First Seen',
      ...MONEY,
      meaning: 'Revenue to date of the visitors first seen in the period, divided by their number',
      notes: [MONEY_NOTE],
      sql: divide('sum(revenue)', 'count(*)'),
      dax: 'DIVIDE(SUM(Visitors[revenue_amount]), [Visitors First Seen])',
    },
  },
);

const eventsOfType = (type: string) => `sum(CASE WHEN event_type = '${type}' THEN event_count END)`;

function eventsOf(name: string, type: string, meaning = `${type} events`) {
  return {
    name,
    format: 'count' as const,
    meaning,
    sql: eventsOfType(type),
    dax: `CALCULATE([Events], KEEPFILTERS(Events[Event Type] = "${type}"))`,
  };
}

function purchasesPer(name: string, below: string, type: string) {
  return {
    name,
    format: 'rate' as const,
    meaning: `Purchase events divided by ${type} events`,
    sql: divide(`COALESCE(${eventsOfType('purchase')}, 0)`, eventsOfType(type)),
    dax: `DIVIDE([Purchases] + 0, [${below}])`,
  };
}

const EVENTS = metricsOf(
  { folder: 'Events', table: 'gold_event_metrics' },
  {
    events: {
      name: 'Events',
      format: 'count',
      meaning: 'Valid events, by their own date, device and country',
      sql: 'sum(event_count)',
      dax: 'SUM(Events[event_count])',
    },
    pageViews: eventsOf('Page Views', 'page_view'),
    productViews: eventsOf('Product Views', 'product_view'),
    searches: eventsOf('Searches', 'search'),
    addToCarts: eventsOf('Add-to-Carts', 'add_to_cart'),
    checkouts: eventsOf('Checkouts', 'checkout'),
    purchases: {
      ...eventsOf(
        'Purchases',
        'purchase',
        'purchase events; an order sent several times, or as one event per product, counts each time',
      ),
    },
    purchasesPerProductView: purchasesPer(
      'Purchases per Product View',
      'Product Views',
      'product_view',
    ),
    purchasesPerAddToCart: purchasesPer('Purchases per Add-to-Cart', 'Add-to-Carts', 'add_to_cart'),
  },
);

const SALES = metricsOf(
  { folder: 'Sales', table: 'gold_sessions' },
  {
    orders: {
      name: 'Orders',
      format: 'count',
      meaning: 'Distinct orders, by the date, device and country of their session',
      sql: 'sum(order_count)',
      dax: 'SUM(Sessions[order_count])',
    },
    revenue: {
      name: 'Revenue',
      ...MONEY,
      meaning:
        'Revenue of the orders before refunds, by the date, device and country of their session',
      notes: [MONEY_NOTE],
      sql: 'sum(revenue)',
      dax: 'SUM(Sessions[revenue_amount])',
    },
    averageOrderValue: {
      name: 'Average Order Value',
      ...MONEY,
      meaning: 'Revenue divided by orders',
      sql: divide('sum(revenue)', 'sum(order_count)'),
      dax: 'DIVIDE([Revenue], [Orders])',
    },
    revenuePerSession: {
      name: 'Revenue per Session',
      ...MONEY,
      meaning: 'Revenue divided by sessions',
      sql: divide('sum(revenue)', 'count(*)'),
      dax: 'DIVIDE([Revenue], [Sessions])',
    },
  },
);

const SALES_BY_DAY = metricsOf(
  { folder: 'Sales', table: 'gold_conversion_metrics' },
  {
    ordersPlaced: {
      name: 'Orders Placed',
      format: 'count',
      meaning: 'Distinct orders, by the date of the order',
      notes: [ALL_MEMBERS_NOTE],
      sql: 'sum(orders)',
      dax: 'SUM(Conversion[order_count])',
    },
    grossRevenue: {
      name: 'Gross Revenue',
      ...MONEY,
      meaning: 'Revenue before refunds, by the date of the order',
      notes: [ALL_MEMBERS_NOTE, MONEY_NOTE],
      sql: 'sum(revenue)',
      dax: 'SUM(Conversion[revenue_amount])',
    },
    refunded: {
      name: 'Refunded',
      ...MONEY,
      meaning: 'Refunds, by the date of the refund',
      notes: [ALL_MEMBERS_NOTE, MONEY_NOTE],
      sql: 'sum(refunded)',
      dax: 'SUM(Conversion[refunded_amount])',
      isRiseBad: true,
    },
    netRevenue: {
      name: 'Net Revenue',
      ...MONEY,
      meaning: 'Gross revenue minus refunds, each by its own date',
      notes: [ALL_MEMBERS_NOTE, MONEY_NOTE],
      sql: 'sum(revenue) - sum(refunded)',
      dax: 'SUM(Conversion[revenue_amount]) - SUM(Conversion[refunded_amount])',
    },
  },
);

/** Amounts of whole orders, as sent. */
function amountOf(name: string, column: string, meaning: string) {
  return {
    name,
    ...MONEY,
    meaning,
    notes: [ALL_MEMBERS_NOTE, MONEY_NOTE],
    sql: `sum(${column})`,
    dax: `SUM(Orders[${column}])`,
  };
}

const AMOUNTS = metricsOf(
  { folder: 'Sales\\Amounts', table: 'gold_orders' },
  {
    tax: amountOf('Tax', 'reported_tax', 'Tax as sent with the orders, by the date of the order'),
    shipping: amountOf(
      'Shipping',
      'reported_shipping',
      'Shipping as sent with the orders, by the date of the order',
    ),
    discount: amountOf(
      'Discount',
      'reported_discount',
      'Discounts as sent with the orders, by the date of the order',
    ),
  },
);

const BUYERS = metricsOf(
  { folder: 'Sales\\Buyers', table: 'gold_orders' },
  {
    newBuyers: {
      name: 'New Buyers',
      format: 'count',
      meaning: 'Visitors whose first order is in the period',
      notes: [ALL_MEMBERS_NOTE],
      sql: countIf('is_first_order'),
      dax: 'CALCULATE(COUNTROWS(Orders), KEEPFILTERS(Orders[Is First Order] = TRUE()))',
    },
    returningBuyers: {
      name: 'Returning Buyers',
      format: 'count',
      meaning: 'Visitors with an order in the period whose first order is not in the period',
      notes: [ALL_MEMBERS_NOTE],
      sql: `count(DISTINCT visitor_id) - ${countIf('is_first_order')}`,
      dax: 'DISTINCTCOUNTNOBLANK(Orders[visitor_id]) - [New Buyers]',
    },
    daysToFirstOrder: {
      name: 'Days to First Order',
      format: 'one',
      unit: 'days',
      meaning:
        'Mean number of days from the first session of a visitor to the first order, for first orders in the period',
      notes: [ALL_MEMBERS_NOTE],
      sql: 'avg(CASE WHEN is_first_order THEN days_since_first_session END)',
      dax: 'CALCULATE(AVERAGE(Orders[days_since_first_session]), KEEPFILTERS(Orders[Is First Order] = TRUE()))',
      isRiseBad: true,
    },
    daysBetweenOrders: {
      name: 'Days between Orders',
      format: 'one',
      unit: 'days',
      meaning:
        'Mean number of days since the previous order of the visitor, for repeat orders in the period',
      notes: [ALL_MEMBERS_NOTE],
      sql: 'avg(days_since_previous_order)',
      dax: 'AVERAGE(Orders[days_since_previous_order])',
      isRiseBad: true,
    },
  },
);

const SEGMENTS = metricsOf(
  { folder: 'Sales\\By Last Order', table: 'gold_rfm' },
  {
    buyersByLastOrder: {
      name: 'Buyers by Last Order',
      format: 'count',
      meaning: 'Visitors whose last order is in the period',
      notes: [ALL_MEMBERS_NOTE],
      sql: 'count(*)',
      dax: 'COUNTROWS(Buyers)',
    },
    buyerRevenue: {
      name: 'Net Revenue of Buyers',
      ...MONEY,
      meaning:
        'Net revenue of all orders, of any date, of the visitors whose last order is in the period',
      notes: [ALL_MEMBERS_NOTE, MONEY_NOTE],
      sql: 'sum(revenue)',
      dax: 'SUM(Buyers[revenue_amount])',
    },
  },
);

const CONVERSION = metricsOf(
  { folder: 'Conversion', table: 'gold_sessions' },
  {
    sessionsWithProductView: {
      name: 'Sessions with Product View',
      format: 'count',
      meaning: 'Sessions with at least one product_view',
      sql: countIf('has_product_view'),
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Has Product View] = TRUE()))',
    },
    sessionsWithAddToCart: {
      name: 'Sessions with Add-to-Cart',
      format: 'count',
      meaning: 'Sessions with at least one add_to_cart',
      sql: countIf('has_add_to_cart'),
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Has Add To Cart] = TRUE()))',
    },
    sessionsWithPurchase: {
      name: 'Sessions with Purchase',
      format: 'count',
      meaning: 'Sessions with at least one order',
      sql: countIf('has_purchase'),
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Has Purchase] = TRUE()))',
    },
    sessionsWithCartAndPurchase: {
      name: 'Sessions with Cart and Purchase',
      format: 'count',
      meaning: 'Sessions with an add_to_cart and an order',
      sql: countIf('has_add_to_cart AND has_purchase'),
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Has Add To Cart] = TRUE()), KEEPFILTERS(Sessions[Has Purchase] = TRUE()))',
    },
    conversionRate: {
      name: 'Conversion Rate',
      format: 'rate',
      meaning: 'Sessions with an order divided by sessions',
      sql: divide(countIf('has_purchase'), 'count(*)'),
      dax: 'DIVIDE([Sessions with Purchase] + 0, [Sessions])',
    },
    productViewRate: {
      name: 'Product View Rate',
      format: 'rate',
      meaning: 'Sessions with a product view divided by sessions',
      sql: divide(countIf('has_product_view'), 'count(*)'),
      dax: 'DIVIDE([Sessions with Product View] + 0, [Sessions])',
    },
    addToCartRate: {
      name: 'Add-to-Cart Rate',
      format: 'rate',
      meaning: 'Sessions with an add to cart divided by sessions with a product view',
      sql: divide(countIf('has_add_to_cart'), countIf('has_product_view')),
      dax: 'DIVIDE([Sessions with Add-to-Cart] + 0, [Sessions with Product View])',
    },
    cartToPurchaseRate: {
      name: 'Cart-to-Purchase Rate',
      format: 'rate',
      meaning: 'Sessions with an add to cart and an order divided by sessions with an add to cart',
      sql: divide(countIf('has_add_to_cart AND has_purchase'), countIf('has_add_to_cart')),
      dax: 'DIVIDE([Sessions with Cart and Purchase] + 0, [Sessions with Add-to-Cart])',
    },
    cartAbandonmentRate: {
      name: 'Cart Abandonment Rate',
      format: 'rate',
      meaning: 'Sessions with an add to cart and no order divided by sessions with an add to cart',
      sql: divide(countIf('has_add_to_cart AND NOT has_purchase'), countIf('has_add_to_cart')),
      dax: 'DIVIDE([Sessions with Add-to-Cart] - [Sessions with Cart and Purchase], [Sessions with Add-to-Cart])',
      isRiseBad: true,
    },
  },
);

/** Sums over gold_products. */
function itemsOf(name: string, column: string, meaning: string, notes: readonly string[] = []) {
  return {
    name,
    format: 'count' as const,
    meaning,
    notes: [...notes, ALL_MEMBERS_NOTE],
    sql: `sum(${column})`,
    dax: `SUM('Product Days'[${modelColumn(column)}])`,
  };
}

const ITEMS = metricsOf(
  { folder: 'Products', table: 'gold_products' },
  {
    itemViews: itemsOf('Item Views', 'views', 'Views of products'),
    itemAddToCarts: itemsOf('Item Add-to-Carts', 'add_to_carts', 'Add-to-carts of products'),
    itemOrders: itemsOf('Item Orders', 'orders', 'Orders, counted once for each product in them'),
    itemQuantity: itemsOf('Item Quantity', 'quantity', 'Units of products ordered'),
    itemRevenue: {
      ...itemsOf(
        'Item Revenue',
        'revenue',
        'Price x quantity of the products ordered, by the date of the order',
        [MONEY_NOTE],
      ),
      ...MONEY,
    },
    itemViewToCartRate: {
      name: 'Item View-to-Cart Rate',
      format: 'rate',
      meaning: 'Item add-to-carts divided by item views',
      sql: divide('sum(add_to_carts)', 'sum(views)'),
      dax: 'DIVIDE([Item Add-to-Carts], [Item Views])',
    },
    itemCartToPurchaseRate: {
      name: 'Item Cart-to-Purchase Rate',
      format: 'rate',
      meaning: 'Item orders divided by item add-to-carts',
      sql: divide('sum(orders)', 'sum(add_to_carts)'),
      dax: 'DIVIDE([Item Orders], [Item Add-to-Carts])',
    },
    items: {
      name: 'Items',
      format: 'count',
      meaning: 'Distinct products with an event',
      notes: [ALL_MEMBERS_NOTE],
      sql: 'count(DISTINCT product_id)',
      dax: "DISTINCTCOUNT('Product Days'[product_id])",
    },
  },
);

const BOTS_NOTE = 'Not included in other metrics unless the lake was computed with bots: include.';

const BOTS = metricsOf(
  { folder: 'Bots', table: 'gold_conversion_metrics' },
  {
    botSessions: {
      name: 'Bot Sessions',
      format: 'count',
      meaning: 'Sessions of bots, recognized by their user agents',
      notes: [BOTS_NOTE, ALL_MEMBERS_NOTE],
      sql: 'sum(bot_sessions)',
      dax: 'SUM(Conversion[bot_sessions])',
    },
    botEvents: {
      name: 'Bot Events',
      format: 'count',
      meaning: 'Events of bots, recognized by the user agent of the event',
      notes: [BOTS_NOTE, ALL_MEMBERS_NOTE],
      sql: 'sum(bot_events)',
      dax: 'SUM(Conversion[bot_events])',
    },
  },
);

/** The metrics that every shop has, by id. Those of the funnel depend on its steps (`funnelSteps`). */
export const METRICS = {
  ...SESSIONS,
  ...FIRST_SESSIONS,
  ...EVENTS,
  ...SALES,
  ...SALES_BY_DAY,
  ...AMOUNTS,
  ...BUYERS,
  ...SEGMENTS,
  ...CONVERSION,
  ...ITEMS,
  ...BOTS,
};

/** A step of the closed funnel: a session reaches it only after all steps before it. */
export interface FunnelStep extends Metric {
  /** Its name on a chart. */
  label: string;
  /** A session has reached it if `gold_sessions.funnel_step` is at least this. */
  step: number;
}

const FUNNEL = { folder: 'Funnel', table: 'gold_funnel' };

function funnelStep(
  step: number,
  column: string,
  { name, label, meaning }: Pick<FunnelStep, 'name' | 'label' | 'meaning'>,
): FunnelStep {
  const sum = { sql: `sum(${column})`, dax: `SUM(Funnel[${modelColumn(column)}])` };
  return { ...FUNNEL, ...sum, name, label, meaning, step, format: 'count' };
}

const CHECKOUT = funnelStep(3, 'reached_checkout', {
  name: 'Funnel Checkout',
  label: 'Began checkout',
  meaning: 'Sessions that viewed a product, added to the cart and then began the checkout',
});

/** The steps in order. The first one is all sessions. */
export function funnelSteps(isCheckoutSkipped: boolean): FunnelStep[] {
  return [
    funnelStep(0, 'sessions', {
      name: 'Funnel Sessions',
      label: 'All sessions',
      meaning: 'All sessions',
    }),
    funnelStep(1, 'reached_product_view', {
      name: 'Funnel Product View',
      label: 'Viewed a product',
      meaning: 'Sessions that viewed a product',
    }),
    funnelStep(2, 'reached_add_to_cart', {
      name: 'Funnel Add-to-Cart',
      label: 'Added to cart',
      meaning: 'Sessions that viewed a product and then added to the cart',
    }),
    ...(isCheckoutSkipped ? [] : [CHECKOUT]),
    funnelStep(4, 'reached_purchase', {
      name: 'Funnel Purchase',
      label: 'Purchased',
      meaning: 'Sessions that completed all steps in order, ending with a purchase',
    }),
  ];
}

/** The name of the drop-off rate between a step and the one before it. */
export function dropOffName(step: FunnelStep): string {
  return `${step.name} Drop-off`;
}

function dropOff(before: FunnelStep, step: FunnelStep): Metric {
  return {
    ...FUNNEL,
    name: dropOffName(step),
    format: 'rate',
    meaning: `Share of the sessions at the previous step (${before.label.toLowerCase()}) that did not reach this step`,
    sql: divide(`(${before.sql} - ${step.sql})`, before.sql),
    dax: `DIVIDE([${before.name}] - [${step.name}], [${before.name}])`,
  };
}

function funnelMetrics(isCheckoutSkipped: boolean): Metric[] {
  const steps = funnelSteps(isCheckoutSkipped);
  const first = steps[0]!;
  const last = steps.at(-1)!;
  return [
    ...steps,
    ...steps.slice(1).map((step, index) => dropOff(steps[index]!, step)),
    {
      ...FUNNEL,
      name: 'Funnel Completion Rate',
      format: 'rate',
      meaning: 'Sessions that completed all steps divided by sessions',
      sql: divide(last.sql, first.sql),
      dax: `DIVIDE([${last.name}], [${first.name}])`,
    },
  ];
}

/** Every metric, in display order. Names are unique. */
export function allMetrics(options: { isCheckoutSkipped: boolean }): Metric[] {
  return [
    ...[
      ...[SESSIONS, FIRST_SESSIONS, EVENTS, SALES, SALES_BY_DAY],
      ...[AMOUNTS, BUYERS, SEGMENTS, CONVERSION],
    ].flatMap((group) => Object.values<Metric>(group)),
    ...funnelMetrics(options.isCheckoutSkipped),
    ...Object.values<Metric>(ITEMS),
    ...Object.values<Metric>(BOTS),
  ];
}
