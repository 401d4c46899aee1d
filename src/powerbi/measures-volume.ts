/** Measures of how much there was: sessions, events, sales, items. */
import { FORMATS, type Measure, MONEY_NOTE, sqlRate } from './measure.ts';

export function sessionMeasures(): Measure[] {
  const folder = 'Sessions';
  return [
    {
      name: 'Sessions',
      folder,
      format: FORMATS.count,
      description: 'Sessions, by the date, device and country of their first event.',
      dax: 'COUNTROWS(Sessions)',
      sql: 'SELECT count(*) FROM gold_sessions',
    },
    {
      name: 'Users',
      folder,
      format: FORMATS.count,
      description: 'Distinct users of the sessions. Does not add up across dates.',
      dax: 'DISTINCTCOUNT(Sessions[user_id])',
      sql: 'SELECT count(DISTINCT user_id) FROM gold_sessions',
    },
    {
      name: 'Sessions per User',
      folder,
      format: '#,0.00',
      description: 'Sessions divided by users.',
      dax: 'DIVIDE([Sessions], [Users])',
      sql: sqlRate('count(*)', 'count(DISTINCT user_id)', 'FROM gold_sessions'),
    },
    {
      name: 'New Users',
      folder,
      format: FORMATS.count,
      description: 'Users whose first session is among the selected ones.',
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Session Number] = 1))',
      sql: 'SELECT count(*) FROM gold_sessions WHERE session_number = 1',
    },
    {
      name: 'Returning Users',
      folder,
      format: FORMATS.count,
      description: 'Users with sessions among the selected ones, but not their first.',
      dax: '[Users] - [New Users]',
      sql: 'SELECT count(DISTINCT user_id) - count(CASE WHEN session_number = 1 THEN 1 END) FROM gold_sessions',
    },
    {
      name: 'Average Daily Users',
      folder,
      format: FORMATS.one,
      description: 'Distinct users of a day, averaged over the days that have any.',
      dax: "AVERAGEX(VALUES('Date'[Date]), [Users])",
      sql: 'SELECT avg(users) FROM (SELECT count(DISTINCT user_id) AS users FROM gold_sessions GROUP BY session_date) AS days',
    },
    {
      name: 'Events per Session',
      folder,
      format: FORMATS.one,
      description: 'Events of the sessions divided by sessions.',
      dax: 'DIVIDE(SUM(Sessions[event_count]), [Sessions])',
      sql: sqlRate('sum(event_count)', 'count(*)', 'FROM gold_sessions'),
    },
    {
      name: 'Average Session Duration',
      folder,
      format: FORMATS.seconds,
      description: 'Mean time from the first to the last event of a session [s].',
      dax: 'AVERAGE(Sessions[duration_seconds])',
      sql: 'SELECT avg(duration_seconds) FROM gold_sessions',
    },
    {
      name: 'Median Session Duration',
      folder,
      format: FORMATS.seconds,
      description: 'Half of the sessions are no longer than this [s].',
      dax: 'MEDIAN(Sessions[duration_seconds])',
      sql: 'SELECT median(CAST(duration_seconds AS DOUBLE)) FROM gold_sessions',
    },
    {
      name: 'Bounced Sessions',
      folder,
      format: FORMATS.count,
      description: 'Sessions of a single event.',
      dax: 'CALCULATE([Sessions], KEEPFILTERS(Sessions[Is Bounce] = TRUE()))',
      sql: 'SELECT count(*) FROM gold_sessions WHERE is_bounce',
    },
    {
      name: 'Bounce Rate',
      folder,
      format: FORMATS.rate,
      description: 'Bounced sessions divided by sessions.',
      dax: 'DIVIDE([Bounced Sessions] + 0, [Sessions])',
      sql: sqlRate('count(CASE WHEN is_bounce THEN 1 END)', 'count(*)', 'FROM gold_sessions'),
    },
    {
      name: 'Users First Seen',
      folder: 'Sessions\\By First Session',
      format: FORMATS.count,
      description:
        'Users by the date of their first session; devices and countries do not change it.',
      dax: 'COUNTROWS(Users)',
      sql: 'SELECT count(*) FROM gold_users',
    },
    {
      name: 'Buyer Share',
      folder: 'Sessions\\By First Session',
      format: FORMATS.rate,
      description: 'Of the users first seen in the period, those who have bought since.',
      dax: 'DIVIDE(CALCULATE([Users First Seen], KEEPFILTERS(Users[Is Buyer] = TRUE())) + 0, [Users First Seen])',
      sql: sqlRate('count(CASE WHEN is_buyer THEN 1 END)', 'count(*)', 'FROM gold_users'),
    },
    {
      name: 'Revenue per User First Seen',
      folder: 'Sessions\\By First Session',
      format: FORMATS.money,
      description: `What the users first seen in the period have spent since, per user [units of currency]. ${MONEY_NOTE}`,
      dax: 'DIVIDE(SUM(Users[revenue]), [Users First Seen])',
      sql: sqlRate('sum(revenue)', 'count(*)', 'FROM gold_users'),
    },
  ];
}

export function eventMeasures(): Measure[] {
  const folder = 'Events';
  const ofType = (name: string, type: string, description: string): Measure => ({
    name,
    folder,
    format: FORMATS.count,
    description,
    dax: `CALCULATE([Events], KEEPFILTERS(Events[Event Type] = "${type}"))`,
    sql: `SELECT sum(event_count) FROM gold_event_metrics WHERE event_type = '${type}'`,
  });
  const perEvent = (name: string, below: string, type: string): Measure => ({
    name,
    folder,
    format: FORMATS.rate,
    description: `Purchase events divided by ${type} events.`,
    dax: `DIVIDE([Purchases] + 0, [${below}])`,
    sql: sqlRate(
      "COALESCE(sum(CASE WHEN event_type = 'purchase' THEN event_count END), 0)",
      `sum(CASE WHEN event_type = '${type}' THEN event_count END)`,
      'FROM gold_event_metrics',
    ),
  });
  return [
    {
      name: 'Events',
      folder,
      format: FORMATS.count,
      description: 'Valid events, by their own date, device and country.',
      dax: 'SUM(Events[event_count])',
      sql: 'SELECT sum(event_count) FROM gold_event_metrics',
    },
    ofType('Page Views', 'page_view', 'page_view events.'),
    ofType('Product Views', 'product_view', 'product_view events.'),
    ofType('Searches', 'search', 'search events.'),
    ofType('Add-to-Carts', 'add_to_cart', 'add_to_cart events.'),
    ofType('Checkouts', 'checkout', 'checkout events.'),
    ofType(
      'Purchases',
      'purchase',
      'purchase events: mostly one per product line of an order. An order sent again under a new event id counts again.',
    ),
    perEvent('Purchases per Product View', 'Product Views', 'product_view'),
    perEvent('Purchases per Add-to-Cart', 'Add-to-Carts', 'add_to_cart'),
  ];
}

export function salesMeasures(): Measure[] {
  const folder = 'Sales';
  return [
    {
      name: 'Revenue',
      folder,
      format: FORMATS.money,
      description: `Price x quantity of the purchases, by the date, device and country of their sessions [units of currency]. ${MONEY_NOTE}`,
      dax: 'SUM(Sessions[revenue])',
      sql: 'SELECT sum(revenue) FROM gold_sessions',
    },
    {
      name: 'Average Order Value',
      folder,
      format: FORMATS.money,
      description: 'Revenue divided by the sessions with a purchase [units of currency].',
      dax: 'DIVIDE([Revenue], [Sessions with Purchase])',
      sql: sqlRate(
        'sum(revenue)',
        'count(CASE WHEN has_purchase THEN 1 END)',
        'FROM gold_sessions',
      ),
    },
    {
      name: 'Revenue per Session',
      folder,
      format: FORMATS.money,
      description: 'Revenue divided by sessions [units of currency].',
      dax: 'DIVIDE([Revenue], [Sessions])',
      sql: sqlRate('sum(revenue)', 'count(*)', 'FROM gold_sessions'),
    },
  ];
}

/** Measures of the Products table: events that name a product. */
export function itemMeasures(): Measure[] {
  const folder = 'Products';
  const sum = (name: string, column: string, format: string, what: string): Measure => ({
    name,
    folder,
    format,
    description: `${what} Devices and countries do not change it.`,
    dax: `SUM(Products[${column}])`,
    sql: `SELECT sum(${column}) FROM gold_products`,
  });
  return [
    sum('Item Views', 'views', FORMATS.count, 'Views of products.'),
    sum('Item Add-to-Carts', 'add_to_carts', FORMATS.count, 'Products put in a cart.'),
    sum('Item Purchases', 'purchases', FORMATS.count, 'Purchases of products.'),
    sum(
      'Item Revenue',
      'revenue',
      FORMATS.money,
      `Price x quantity of the purchases, by their own date [units of currency]. ${MONEY_NOTE}`,
    ),
    {
      name: 'Item View-to-Cart Rate',
      folder,
      format: FORMATS.rate,
      description: 'Item add-to-carts divided by item views.',
      dax: 'DIVIDE([Item Add-to-Carts], [Item Views])',
      sql: sqlRate('sum(add_to_carts)', 'sum(views)', 'FROM gold_products'),
    },
    {
      name: 'Item Cart-to-Purchase Rate',
      folder,
      format: FORMATS.rate,
      description: 'Item purchases divided by item add-to-carts.',
      dax: 'DIVIDE([Item Purchases], [Item Add-to-Carts])',
      sql: sqlRate('sum(purchases)', 'sum(add_to_carts)', 'FROM gold_products'),
    },
    {
      name: 'Items',
      folder,
      format: FORMATS.count,
      description: 'Distinct products with an event. Devices and countries do not change it.',
      dax: 'DISTINCTCOUNT(Products[Product ID])',
      sql: 'SELECT count(DISTINCT product_id) FROM gold_products',
    },
  ];
}
