-- gold_conversion_metrics: one row per date with an event. Events count on their own date, sessions on
-- their start date, which always has an event. Bots count only if the settings say so: sessions by
-- gold_sessions, events by their own user agent.
WITH event_dates AS (
  SELECT
    CAST(recount.shop_time(e.event_micros, c.clock) AS DATE) AS date,
    count(*) FILTER (event_type = 'page_view' AND is_counted) AS page_views,
    count(*) FILTER (event_type = 'product_view' AND is_counted) AS product_views,
    count(*) FILTER (event_type = 'add_to_cart' AND is_counted) AS add_to_carts,
    count(*) FILTER (event_type = 'checkout' AND is_counted) AS checkouts,
    count(*) FILTER (event_type = 'purchase' AND is_counted) AS purchases,
    count(*) FILTER (is_bot) AS bot_events
  FROM recount.marked_events AS e
  JOIN recount.clocks AS c ON c.utc_date = e.event_date
  GROUP BY ALL
),
session_dates AS (
  SELECT
    session_date AS date,
    count(*) FILTER (is_counted) AS sessions,
    count(DISTINCT visitor_id) FILTER (is_counted) AS visitors,
    count(*) FILTER (has_product_view AND is_counted) AS sessions_with_product_view,
    count(*) FILTER (has_add_to_cart AND is_counted) AS sessions_with_add_to_cart,
    count(*) FILTER (has_purchase AND is_counted) AS sessions_with_purchase,
    count(*) FILTER (has_add_to_cart AND has_purchase AND is_counted) AS sessions_with_cart_and_purchase,
    count(*) FILTER (is_bounce AND is_counted) AS bounces,
    count(*) FILTER (is_engaged AND is_counted) AS engaged_sessions,
    count(*) FILTER (is_bot) AS bot_sessions
  FROM (
    SELECT *, NOT (is_bot AND are_bots_left_out) AS is_counted
    FROM recount.gold_sessions
    CROSS JOIN recount.settings
  )
  GROUP BY session_date
),
order_dates AS (
  SELECT
    order_date AS date, count(*) AS orders, sum(CAST(reported_revenue AS DECIMAL(28, 2))) AS revenue,
    count(*) FILTER (reported_revenue IS NULL) AS unconverted_orders
  FROM recount.gold_orders
  GROUP BY order_date
),
refund_dates AS (
  SELECT refund_date AS date, sum(CAST(reported_amount AS DECIMAL(28, 2))) AS refunded
  FROM recount.gold_refunds
  GROUP BY refund_date
),
dates AS (
  SELECT
    e.*,
    coalesce(s.sessions, 0) AS sessions,
    coalesce(s.visitors, 0) AS visitors,
    coalesce(s.sessions_with_product_view, 0) AS sessions_with_product_view,
    coalesce(s.sessions_with_add_to_cart, 0) AS sessions_with_add_to_cart,
    coalesce(s.sessions_with_purchase, 0) AS sessions_with_purchase,
    coalesce(s.sessions_with_cart_and_purchase, 0) AS sessions_with_cart_and_purchase,
    coalesce(s.bounces, 0) AS bounces,
    coalesce(s.engaged_sessions, 0) AS engaged_sessions,
    coalesce(s.bot_sessions, 0) AS bot_sessions,
    coalesce(o.orders, 0) AS orders,
    least(greatest(coalesce(o.revenue, 0), -9999999999999999.99), 9999999999999999.99) AS revenue,
    least(coalesce(r.refunded, 0), 9999999999999999.99) AS refunded,
    coalesce(o.unconverted_orders, 0) AS unconverted_orders
  FROM event_dates AS e
  LEFT JOIN session_dates AS s ON s.date = e.date
  LEFT JOIN order_dates AS o ON o.date = e.date
  LEFT JOIN refund_dates AS r ON r.date = e.date
)
SELECT
  *,
  recount.rate(sessions_with_product_view, sessions) AS product_view_rate,
  recount.rate(sessions_with_add_to_cart, sessions_with_product_view) AS add_to_cart_rate,
  recount.rate(sessions_with_cart_and_purchase, sessions_with_add_to_cart) AS cart_to_purchase_rate,
  recount.rate(sessions_with_purchase, sessions) AS conversion_rate,
  1 - cart_to_purchase_rate AS cart_abandonment_rate,
  recount.rate(bounces, sessions) AS bounce_rate,
  recount.rate(engaged_sessions, sessions) AS engagement_rate,
  CASE WHEN orders > 0 THEN CAST(revenue AS DOUBLE) / orders END AS average_order_value,
  recount.rate(purchases, product_views) AS purchases_per_product_view,
  recount.rate(purchases, add_to_carts) AS purchases_per_add_to_cart
FROM dates
