-- The sessions of `session_events`, each from all its events, without their number among the user's.
WITH facts AS (
  SELECT
    session_id,
    -- A session belongs to the user, device and country of its first event.
    min_by(visitor(user_id, device, country), event_order(event_timestamp, event_id)) AS first_visitor,
    min(event_timestamp) AS started_at,
    max(event_timestamp) AS ended_at,
    count(*) AS event_count,
    count(CASE WHEN event_type = 'page_view' THEN 1 END) AS page_view_count,
    count(CASE WHEN event_type = 'product_view' THEN 1 END) AS product_view_count,
    count(CASE WHEN event_type = 'add_to_cart' THEN 1 END) AS add_to_cart_count,
    count(CASE WHEN event_type = 'checkout' THEN 1 END) AS checkout_count,
    count(CASE WHEN event_type = 'purchase' THEN 1 END) AS purchase_count,
    sum(CASE WHEN event_type = 'purchase' THEN paid(price, quantity) END) AS revenue
  FROM session_events
  GROUP BY session_id
),
products AS (
  SELECT session_id, count(*) AS product_count
  FROM (SELECT DISTINCT session_id, product_id FROM session_events WHERE product_id IS NOT NULL) AS p
  GROUP BY session_id
),
-- The closed funnel: each step is the first event of its kind after the step before it. Only sessions
-- with something in the cart can get beyond the first step.
steps AS (
  SELECT session_id, event_type, event_order(event_timestamp, event_id) AS position
  FROM session_events
  WHERE event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase')
    AND session_id IN (SELECT c.session_id FROM session_events AS c WHERE c.event_type = 'add_to_cart')
),
viewed AS (
  SELECT session_id, min(position) AS position
  FROM steps
  WHERE event_type = 'product_view'
  GROUP BY session_id
),
carted AS (
  SELECT s.session_id, min(s.position) AS position
  FROM steps AS s
  JOIN viewed AS v ON v.session_id = s.session_id
  WHERE s.event_type = 'add_to_cart' AND s.position > v.position
  GROUP BY s.session_id
),
checked_out AS (
  SELECT s.session_id, min(s.position) AS position
  FROM steps AS s
  JOIN carted AS c ON c.session_id = s.session_id
  WHERE s.event_type = 'checkout' AND s.position > c.position AND NOT is_checkout_skipped()
  GROUP BY s.session_id
  UNION ALL
  SELECT session_id, position FROM carted WHERE is_checkout_skipped()
),
purchased AS (
  SELECT s.session_id
  FROM steps AS s
  JOIN checked_out AS c ON c.session_id = s.session_id
  WHERE s.event_type = 'purchase' AND s.position > c.position
  GROUP BY s.session_id
),
reached AS (
  SELECT
    c.session_id,
    CASE
      WHEN p.session_id IS NOT NULL THEN 4
      WHEN o.session_id IS NOT NULL AND NOT is_checkout_skipped() THEN 3
      ELSE 2
    END AS funnel_step
  FROM carted AS c
  LEFT JOIN checked_out AS o ON o.session_id = c.session_id
  LEFT JOIN purchased AS p ON p.session_id = c.session_id
)
SELECT
  f.session_id,
  CAST(f.started_at AS DATE) AS session_date,
  f.first_visitor.user_id AS user_id,
  f.first_visitor.device AS device,
  f.first_visitor.country AS country,
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
  money(f.revenue) AS revenue,
  f.event_count = 1 AS is_bounce,
  f.product_view_count > 0 AS has_product_view,
  f.add_to_cart_count > 0 AS has_add_to_cart,
  f.purchase_count > 0 AS has_purchase,
  f.add_to_cart_count > 0 AND f.purchase_count = 0 AS is_cart_abandoned,
  CAST(COALESCE(r.funnel_step, CASE WHEN f.product_view_count > 0 THEN 1 ELSE 0 END) AS INT) AS funnel_step
FROM facts AS f
LEFT JOIN products AS p ON p.session_id = f.session_id
LEFT JOIN reached AS r ON r.session_id = f.session_id
