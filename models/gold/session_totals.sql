-- session_totals: the touched sessions, each computed from all its events; visitors are added later.
-- reads: session_events, session_items, session_orders, bot_sessions
-- result: kept
-- in parts: by session_id
WITH ordered AS (
  -- Computed once: Spark would carry a copy of the time and the id for each use.
  SELECT *, event_order(event_timestamp, event_id) AS position FROM session_events
),
facts AS (
  SELECT
    session_id,
    -- Device and country come from the session's first event. User and device id come from the first event that
    -- has one.
    min_by(place(device, country, derived_from), position) AS first_place,
    min_by(user_id, position) FILTER (WHERE user_id IS NOT NULL) AS user_id,
    min_by(anonymous_id, position) FILTER (WHERE anonymous_id IS NOT NULL) AS anonymous_id,
    -- The first event that has a page or a referrer, and the first with campaign fields or a click id.
    min_by(entry, position)
      FILTER (WHERE entry.page_url IS NOT NULL OR entry.referrer IS NOT NULL) AS entry,
    min_by(tags, position)
      FILTER (WHERE COALESCE(tags.source, tags.medium, tags.name, tags.click) IS NOT NULL) AS tags,
    min(event_timestamp) AS started_at,
    max(event_timestamp) AS ended_at,
    count(*) AS event_count,
    count(CASE WHEN event_type = 'page_view' THEN 1 END) AS page_view_count,
    count(CASE WHEN event_type = 'product_view' THEN 1 END) AS product_view_count,
    count(CASE WHEN event_type = 'add_to_cart' THEN 1 END) AS add_to_cart_count,
    count(CASE WHEN event_type = 'checkout' THEN 1 END) AS checkout_count,
    count(CASE WHEN event_type = 'purchase' THEN 1 END) AS purchase_count,
    min(CASE WHEN event_type = 'product_view' THEN event_timestamp END) AS viewed_at
  FROM ordered
  GROUP BY session_id
),
-- Few sessions have a cart. Lists among the facts would cost Spark half as much again for every session.
carts AS (
  SELECT
    session_id,
    array_agg(event_timestamp) FILTER (WHERE event_type = 'add_to_cart') AS cart_times,
    array_agg(event_timestamp) FILTER (WHERE event_type = 'checkout') AS checkout_times
  FROM session_events
  WHERE event_type IN ('add_to_cart', 'checkout')
  GROUP BY session_id
),
products AS (
  SELECT session_id, count(*) AS product_count
  FROM (SELECT DISTINCT session_id, product_id FROM session_items WHERE product_id IS NOT NULL) AS p
  GROUP BY session_id
),
orders AS (
  SELECT
    session_id, count(*) AS order_count, money(sum(CAST(revenue AS DECIMAL(28,2)))) AS revenue,
    max(ordered_at) AS last_ordered_at
  FROM session_orders
  GROUP BY session_id
),
-- The closed funnel: a step is reached by the first event of its type that is not earlier than the previous
-- step. Events at the same instant count as being in order.
carted AS (
  SELECT f.*, c.checkout_times, first_not_before(c.cart_times, f.viewed_at) AS carted_at
  FROM facts AS f
  LEFT JOIN carts AS c ON c.session_id = f.session_id
),
checked_out AS (
  SELECT
    *,
    CASE WHEN is_checkout_skipped() THEN carted_at ELSE first_not_before(checkout_times, carted_at) END AS checked_out_at
  FROM carted
)
SELECT
  f.session_id,
  shop_date(f.started_at) AS session_date,
  shop_hour(f.started_at) AS start_hour,
  f.user_id,
  f.anonymous_id,
  f.first_place.derived_from AS derived_from,
  f.first_place.device AS device,
  f.first_place.country AS country,
  f.entry,
  f.tags,
  CASE WHEN f.entry.page_url IS NOT NULL THEN url_path(f.entry.page_url) END AS landing_path,
  f.started_at,
  f.ended_at,
  seconds_between(f.started_at, f.ended_at) AS duration_seconds,
  CAST(f.event_count AS BIGINT) AS event_count,
  CAST(f.page_view_count AS BIGINT) AS page_view_count,
  CAST(f.product_view_count AS BIGINT) AS product_view_count,
  CAST(f.add_to_cart_count AS BIGINT) AS add_to_cart_count,
  CAST(f.checkout_count AS BIGINT) AS checkout_count,
  CAST(f.purchase_count AS BIGINT) AS purchase_count,
  CAST(COALESCE(p.product_count, 0) AS BIGINT) AS product_count,
  CAST(COALESCE(s.order_count, 0) AS BIGINT) AS order_count,
  money(s.revenue) AS revenue,
  -- Bots do not buy: an order with such a user agent was sent by the shop's own server.
  r.session_id IS NOT NULL AND s.session_id IS NULL AS is_bot,
  f.event_count = 1 AS is_bounce,
  unix_micros(f.ended_at) - unix_micros(f.started_at) > 10000000 OR COALESCE(s.order_count, 0) > 0
    OR f.page_view_count + f.product_view_count >= 2 AS is_engaged,
  f.product_view_count > 0 AS has_product_view,
  f.add_to_cart_count > 0 AS has_add_to_cart,
  COALESCE(s.order_count, 0) > 0 AS has_purchase,
  f.add_to_cart_count > 0 AND COALESCE(s.order_count, 0) = 0 AS is_cart_abandoned,
  CASE
    WHEN s.last_ordered_at >= f.checked_out_at THEN 4
    WHEN f.checked_out_at IS NOT NULL AND NOT is_checkout_skipped() THEN 3
    WHEN f.carted_at IS NOT NULL THEN 2
    WHEN f.viewed_at IS NOT NULL THEN 1
    ELSE 0
  END AS funnel_step
FROM checked_out AS f
LEFT JOIN bot_sessions AS r ON r.session_id = f.session_id
LEFT JOIN products AS p ON p.session_id = f.session_id
LEFT JOIN orders AS s ON s.session_id = f.session_id
