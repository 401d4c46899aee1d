-- gold_conversion_metrics: one row per date with an event. Events count on their own date, sessions on the
-- date of their start, which always has an event.
WITH event_dates AS (
  SELECT
    event_date AS date,
    count(*) FILTER (event_type = 'page_view') AS page_views,
    count(*) FILTER (event_type = 'product_view') AS product_views,
    count(*) FILTER (event_type = 'add_to_cart') AS add_to_carts,
    count(*) FILTER (event_type = 'checkout') AS checkouts,
    count(*) FILTER (event_type = 'purchase') AS purchases
  FROM recount.events
  GROUP BY event_date
),
session_dates AS (
  SELECT
    session_date AS date,
    count(*) AS sessions,
    count(DISTINCT visitor_id) AS visitors,
    count(*) FILTER (has_product_view) AS sessions_with_product_view,
    count(*) FILTER (has_add_to_cart) AS sessions_with_add_to_cart,
    count(*) FILTER (has_purchase) AS sessions_with_purchase,
    count(*) FILTER (has_add_to_cart AND has_purchase) AS sessions_with_cart_and_purchase,
    count(*) FILTER (is_bounce) AS bounces,
    count(*) FILTER (is_engaged) AS engaged_sessions
  FROM recount.gold_sessions
  GROUP BY session_date
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
    coalesce(s.engaged_sessions, 0) AS engaged_sessions
  FROM event_dates AS e
  LEFT JOIN session_dates AS s ON s.date = e.date
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
  recount.rate(purchases, product_views) AS purchases_per_product_view,
  recount.rate(purchases, add_to_carts) AS purchases_per_add_to_cart
FROM dates
