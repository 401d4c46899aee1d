-- gold_sessions: one row per session_id. Device and country are those of its first event, by time, then by
-- the bytes of event_id. It is a bot if its first user agent is that of a bot. The visitor is the first
-- user in its events, else the user linked with its first anonymous_id, else that anonymous_id, else the
-- session itself. The session number is its position among the sessions of that visitor, by start, then by
-- the bytes of session_id.
WITH totals AS (
  SELECT
    session_id,
    any_value(derived_from) AS derived_from,
    min(event_micros) AS started,
    max(event_micros) AS ended,
    count(*) AS event_count,
    count(*) FILTER (event_type = 'page_view') AS page_view_count,
    count(*) FILTER (event_type = 'product_view') AS product_view_count,
    count(*) FILTER (event_type = 'add_to_cart') AS add_to_cart_count,
    count(*) FILTER (event_type = 'checkout') AS checkout_count,
    count(*) FILTER (event_type = 'purchase') AS purchase_count,
    arg_min(user_id, {'at': event_micros, 'id': event_id}) FILTER (user_id IS NOT NULL) AS first_user,
    arg_min(user_agent, {'at': event_micros, 'id': event_id}) FILTER (user_agent IS NOT NULL) AS first_agent,
    arg_min(anonymous_id, {'at': event_micros, 'id': event_id}) FILTER (anonymous_id IS NOT NULL) AS first_device
  FROM recount.session_events
  GROUP BY session_id
),
first_events AS (
  SELECT
    e.session_id, e.device, e.country,
    coalesce(t.first_user, i.user_id, t.first_device, t.session_id) AS visitor_id
  FROM recount.session_events AS e
  JOIN totals AS t ON t.session_id = e.session_id AND t.started = e.event_micros
  LEFT JOIN recount.gold_identities AS i ON i.anonymous_id = t.first_device
  QUALIFY row_number() OVER (PARTITION BY e.session_id ORDER BY e.event_id) = 1
),
session_products AS (
  SELECT session_id, count(*) AS product_count
  FROM (
    SELECT DISTINCT e.session_id, i.product_id
    FROM recount.silver_items AS i
    JOIN recount.session_events AS e ON e.event_id = i.event_id
    WHERE i.product_id IS NOT NULL
  )
  GROUP BY session_id
),
session_orders AS (
  SELECT
    e.session_id,
    count(*) AS order_count,
    least(greatest(coalesce(sum(CAST(f.reported_revenue AS DECIMAL(28, 2))), 0), -9999999999999999.99), 9999999999999999.99) AS revenue
  FROM recount.order_facts AS f
  JOIN recount.session_events AS e ON e.event_id = f.first_event_id
  GROUP BY e.session_id
)
SELECT
  t.session_id,
  CAST(recount.shop_time(t.started, c.clock) AS DATE) AS session_date,
  e.visitor_id,
  t.first_user AS user_id,
  t.first_device AS anonymous_id,
  t.derived_from,
  e.device,
  e.country,
  v.landing_page,
  v.source,
  v.medium,
  v.campaign,
  h.channel,
  hour(recount.shop_time(t.started, c.clock)) AS start_hour,
  make_timestamp(t.started) AT TIME ZONE 'UTC' AS started_at,
  make_timestamp(t.ended) AT TIME ZONE 'UTC' AS ended_at,
  CAST(CAST((t.ended - t.started) // 1000 AS DECIMAL(18, 0)) * 0.001 AS DECIMAL(18, 3)) AS duration_seconds,
  t.event_count,
  t.page_view_count,
  t.product_view_count,
  t.add_to_cart_count,
  t.checkout_count,
  t.purchase_count,
  coalesce(p.product_count, 0) AS product_count,
  coalesce(o.order_count, 0) AS order_count,
  coalesce(o.revenue, 0) AS revenue,
  row_number() OVER (PARTITION BY e.visitor_id ORDER BY t.started, t.session_id) AS session_number,
  t.first_agent IS NOT NULL AND t.first_agent IN (FROM recount.bot_agents)
    AND o.order_count IS NULL AS is_bot,
  t.event_count = 1 AS is_bounce,
  t.ended - t.started > 10000000 OR o.order_count IS NOT NULL
    OR t.page_view_count + t.product_view_count > 1 AS is_engaged,
  t.product_view_count > 0 AS has_product_view,
  t.add_to_cart_count > 0 AS has_add_to_cart,
  o.order_count IS NOT NULL AS has_purchase,
  t.add_to_cart_count > 0 AND o.order_count IS NULL AS is_cart_abandoned,
  coalesce(f.funnel_step, 0) AS funnel_step
FROM totals AS t
JOIN first_events AS e ON e.session_id = t.session_id
JOIN recount.session_traffic AS v ON v.session_id = t.session_id
JOIN recount.channels AS h
  ON h.source = v.source AND h.medium = v.medium AND h.campaign IS NOT DISTINCT FROM v.campaign
JOIN recount.clocks AS c ON c.utc_date = CAST(make_timestamp(t.started) AS DATE)
LEFT JOIN session_products AS p ON p.session_id = t.session_id
LEFT JOIN session_orders AS o ON o.session_id = t.session_id
LEFT JOIN recount.funnel_steps AS f ON f.session_id = t.session_id
