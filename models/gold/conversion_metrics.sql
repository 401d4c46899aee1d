-- gold_conversion_metrics: one row per date that has an event or a session.
-- grain: date
-- refresh: date on touched_dates
-- reads: changed_sessions, sessions_before_and_after, event_metrics_of_touched_dates, orders_of_touched_dates
-- reads: refunds_of_touched_dates
-- reads: metrics_on_touched_dates = gold_conversion_metrics, only date in touched_dates
WITH events AS (
  SELECT
    date,
    sum(CASE WHEN event_type = 'page_view' THEN event_count ELSE 0 END) AS page_views,
    sum(CASE WHEN event_type = 'product_view' THEN event_count ELSE 0 END) AS product_views,
    sum(CASE WHEN event_type = 'add_to_cart' THEN event_count ELSE 0 END) AS add_to_carts,
    sum(CASE WHEN event_type = 'checkout' THEN event_count ELSE 0 END) AS checkouts,
    sum(CASE WHEN event_type = 'purchase' THEN event_count ELSE 0 END) AS purchases,
    sum(bot_event_count) AS bot_events
  FROM event_metrics_of_touched_dates
  GROUP BY date
),
-- The changes of the counts; those of before are added below.
visits AS (
  SELECT
    session_date,
    max(CASE WHEN is_after THEN 1 ELSE 0 END) - max(CASE WHEN is_before THEN 1 ELSE 0 END) AS change
  FROM sessions_before_and_after
  WHERE NOT is_left_out(is_bot)
  GROUP BY session_date, visitor_id
),
visitors AS (
  SELECT session_date, sum(change) AS visitors
  FROM visits
  GROUP BY session_date
),
sessions AS (
  SELECT
    session_date,
    sum(change) AS sessions,
    sum(CASE WHEN has_product_view THEN change ELSE 0 END) AS sessions_with_product_view,
    sum(CASE WHEN has_add_to_cart THEN change ELSE 0 END) AS sessions_with_add_to_cart,
    sum(CASE WHEN has_purchase THEN change ELSE 0 END) AS sessions_with_purchase,
    sum(CASE WHEN has_add_to_cart AND has_purchase THEN change ELSE 0 END) AS sessions_with_cart_and_purchase,
    sum(CASE WHEN is_bounce THEN change ELSE 0 END) AS bounces,
    sum(CASE WHEN is_engaged THEN change ELSE 0 END) AS engaged_sessions
  FROM changed_sessions
  WHERE NOT is_left_out(is_bot)
  GROUP BY session_date
),
bots AS (
  SELECT session_date, sum(change) AS bot_sessions
  FROM changed_sessions
  WHERE is_bot
  GROUP BY session_date
),
orders AS (
  SELECT
    order_date, count(*) AS orders, sum(CAST(revenue AS DECIMAL(28,2))) AS revenue,
    count(*) - count(revenue) AS unconverted_orders
  FROM orders_of_touched_dates
  GROUP BY order_date
),
refunds AS (
  SELECT refund_date, sum(CAST(amount AS DECIMAL(28,2))) AS refunded
  FROM refunds_of_touched_dates
  GROUP BY refund_date
),
-- A date can have events of sessions that started the day before, but no session of its own.
days AS (
  SELECT
    e.date,
    e.page_views, e.product_views, e.add_to_carts, e.checkouts, e.purchases, e.bot_events,
    COALESCE(m.bot_sessions, 0) + COALESCE(b.bot_sessions, 0) AS bot_sessions,
    COALESCE(m.sessions, 0) + COALESCE(s.sessions, 0) AS sessions,
    COALESCE(m.visitors, 0) + COALESCE(v.visitors, 0) AS visitors,
    COALESCE(m.sessions_with_product_view, 0) + COALESCE(s.sessions_with_product_view, 0) AS sessions_with_product_view,
    COALESCE(m.sessions_with_add_to_cart, 0) + COALESCE(s.sessions_with_add_to_cart, 0) AS sessions_with_add_to_cart,
    COALESCE(m.sessions_with_purchase, 0) + COALESCE(s.sessions_with_purchase, 0) AS sessions_with_purchase,
    COALESCE(m.sessions_with_cart_and_purchase, 0) + COALESCE(s.sessions_with_cart_and_purchase, 0) AS sessions_with_cart_and_purchase,
    COALESCE(m.bounces, 0) + COALESCE(s.bounces, 0) AS bounces,
    COALESCE(m.engaged_sessions, 0) + COALESCE(s.engaged_sessions, 0) AS engaged_sessions,
    COALESCE(o.orders, 0) AS orders,
    money(o.revenue) AS revenue,
    COALESCE(o.unconverted_orders, 0) AS unconverted_orders,
    money(r.refunded) AS refunded
  FROM events AS e
  LEFT JOIN metrics_on_touched_dates AS m ON m.date = e.date
  LEFT JOIN sessions AS s ON s.session_date = e.date
  LEFT JOIN bots AS b ON b.session_date = e.date
  LEFT JOIN visitors AS v ON v.session_date = e.date
  LEFT JOIN orders AS o ON o.order_date = e.date
  LEFT JOIN refunds AS r ON r.refund_date = e.date
)
SELECT
  CAST(date AS DATE) AS date,                                                                 -- date in the time zone of the shop
  CAST(page_views AS BIGINT) AS page_views,                                                   -- page_view events of the date [events]
  CAST(product_views AS BIGINT) AS product_views,                                             -- product_view events of the date [events]
  CAST(add_to_carts AS BIGINT) AS add_to_carts,                                               -- add_to_cart events of the date [events]
  CAST(checkouts AS BIGINT) AS checkouts,                                                     -- checkout events of the date [events]
  CAST(purchases AS BIGINT) AS purchases,                                                     -- purchase events of the date, refunds and repeated deliveries of an order included [events]
  CAST(sessions AS BIGINT) AS sessions,                                                       -- sessions that started on the date [sessions]
  CAST(visitors AS BIGINT) AS visitors,                                                       -- distinct visitors of those sessions; does not add up across dates [visitors]
  CAST(sessions_with_product_view AS BIGINT) AS sessions_with_product_view,                   -- of these sessions, those with a product_view [sessions]
  CAST(sessions_with_add_to_cart AS BIGINT) AS sessions_with_add_to_cart,                     -- of these sessions, those with an add_to_cart [sessions]
  CAST(sessions_with_purchase AS BIGINT) AS sessions_with_purchase,                           -- of these sessions, those with an order [sessions]
  CAST(sessions_with_cart_and_purchase AS BIGINT) AS sessions_with_cart_and_purchase,         -- of these sessions, those with an add_to_cart and an order [sessions]
  CAST(bounces AS BIGINT) AS bounces,                                                         -- of these sessions, those with a single event [sessions]
  CAST(engaged_sessions AS BIGINT) AS engaged_sessions,                                       -- of these sessions, those longer than 10 seconds, with an order, or with at least two page or product views [sessions]
  CAST(bot_sessions AS BIGINT) AS bot_sessions,                                               -- sessions of bots that started on the date; excluded from the other columns unless bots: include [sessions]
  CAST(bot_events AS BIGINT) AS bot_events,                                                   -- bot events of the date; excluded from the other columns unless bots: include [events]
  CAST(orders AS BIGINT) AS orders,                                                           -- orders of the date, by their earliest purchase event [orders]
  CAST(revenue AS DECIMAL(18,2)) AS revenue,                                                  -- revenue of those orders, before refunds, as sent if money.currency is not set; capped at 16 digits before the point [units of money.currency]
  CAST(refunded AS DECIMAL(18,2)) AS refunded,                                                -- refunds of the date, whatever the date of the order; capped at 16 digits before the point [units of money.currency]
  CAST(unconverted_orders AS BIGINT) AS unconverted_orders,                                   -- orders that are not in revenue, because there is no exchange rate for their currency [orders]
  CAST(rate(sessions_with_product_view, sessions) AS DOUBLE) AS product_view_rate,            -- sessions_with_product_view / sessions [ratio]; null: no sessions
  CAST(rate(sessions_with_add_to_cart, sessions_with_product_view) AS DOUBLE) AS add_to_cart_rate,  -- sessions_with_add_to_cart / sessions_with_product_view [ratio]; null: no session with a product view
  CAST(rate(sessions_with_cart_and_purchase, sessions_with_add_to_cart) AS DOUBLE) AS cart_to_purchase_rate,  -- sessions_with_cart_and_purchase / sessions_with_add_to_cart [ratio]; null: no session with an add to cart
  CAST(rate(sessions_with_purchase, sessions) AS DOUBLE) AS conversion_rate,                  -- sessions_with_purchase / sessions [ratio]; null: no sessions
  CAST(1 - rate(sessions_with_cart_and_purchase, sessions_with_add_to_cart) AS DOUBLE) AS cart_abandonment_rate,  -- 1 - cart_to_purchase_rate [ratio]; null: no session with an add to cart
  CAST(rate(bounces, sessions) AS DOUBLE) AS bounce_rate,                                     -- bounces / sessions [ratio]; null: no sessions
  CAST(rate(engaged_sessions, sessions) AS DOUBLE) AS engagement_rate,                        -- engaged_sessions / sessions [ratio]; null: no sessions
  CAST(CASE WHEN orders > 0 THEN CAST(revenue AS DOUBLE) / CAST(orders AS DOUBLE) END AS DOUBLE) AS average_order_value,  -- revenue / orders [units of money.currency]; null: no orders
  CAST(rate(purchases, product_views) AS DOUBLE) AS purchases_per_product_view,               -- purchases / product_views, counted in events [ratio]; null: no product views
  CAST(rate(purchases, add_to_carts) AS DOUBLE) AS purchases_per_add_to_cart                  -- purchases / add_to_carts, counted in events [ratio]; null: no adds to cart
FROM days
