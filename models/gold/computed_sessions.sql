-- The sessions of `session_events`, each from all its events, without their number among the user's.
-- Nearly every session has one visitor and a funnel that the first and last instants of its steps decide.
-- So all events are grouped once, by what is cheap to group by, and their order is looked at only where it counts.
WITH by_visitor AS (
  SELECT
    session_id,
    user_id,
    device,
    country,
    min(event_timestamp) AS started_at,
    max(event_timestamp) AS ended_at,
    count(*) AS event_count,
    count(CASE WHEN event_type = 'page_view' THEN 1 END) AS page_view_count,
    count(CASE WHEN event_type = 'product_view' THEN 1 END) AS product_view_count,
    count(CASE WHEN event_type = 'add_to_cart' THEN 1 END) AS add_to_cart_count,
    count(CASE WHEN event_type = 'checkout' THEN 1 END) AS checkout_count,
    count(CASE WHEN event_type = 'purchase' THEN 1 END) AS purchase_count,
    sum(CASE WHEN event_type = 'purchase' THEN paid(price, quantity) END) AS revenue,
    min(CASE WHEN event_type = 'product_view' THEN event_timestamp END) AS first_view,
    min(CASE WHEN event_type = 'add_to_cart' THEN event_timestamp END) AS first_cart,
    max(CASE WHEN event_type = 'add_to_cart' THEN event_timestamp END) AS last_cart,
    min(CASE WHEN event_type = 'checkout' THEN event_timestamp END) AS first_checkout,
    max(CASE WHEN event_type = 'checkout' THEN event_timestamp END) AS last_checkout,
    max(CASE WHEN event_type = 'purchase' THEN event_timestamp END) AS last_purchase
  FROM session_events
  GROUP BY session_id, user_id, device, country
),
-- The few sessions whose events name several users, devices or countries.
shared AS (
  SELECT session_id
  FROM by_visitor
  GROUP BY session_id
  HAVING count(*) > 1
),
-- Such a session belongs to the user, device and country of its first event.
first_visitors AS (
  SELECT
    session_id,
    min_by(visitor(user_id, device, country), event_order(event_timestamp, event_id)) AS first_visitor
  FROM session_events
  WHERE session_id IN (SELECT s.session_id FROM shared AS s)
  GROUP BY session_id
),
joined AS (
  SELECT
    session_id,
    min(started_at) AS started_at,
    max(ended_at) AS ended_at,
    CAST(sum(event_count) AS BIGINT) AS event_count,
    CAST(sum(page_view_count) AS BIGINT) AS page_view_count,
    CAST(sum(product_view_count) AS BIGINT) AS product_view_count,
    CAST(sum(add_to_cart_count) AS BIGINT) AS add_to_cart_count,
    CAST(sum(checkout_count) AS BIGINT) AS checkout_count,
    CAST(sum(purchase_count) AS BIGINT) AS purchase_count,
    sum(revenue) AS revenue,
    min(first_view) AS first_view,
    min(first_cart) AS first_cart,
    max(last_cart) AS last_cart,
    min(first_checkout) AS first_checkout,
    max(last_checkout) AS last_checkout,
    max(last_purchase) AS last_purchase
  FROM by_visitor
  WHERE session_id IN (SELECT s.session_id FROM shared AS s)
  GROUP BY session_id
),
facts AS (
  SELECT
    b.session_id, b.user_id, b.device, b.country, b.started_at, b.ended_at, b.event_count, b.page_view_count,
    b.product_view_count, b.add_to_cart_count, b.checkout_count, b.purchase_count, b.revenue, b.first_view,
    b.first_cart, b.last_cart, b.first_checkout, b.last_checkout, b.last_purchase
  FROM by_visitor AS b
  ANTI JOIN shared AS s ON s.session_id = b.session_id
  UNION ALL
  SELECT
    j.session_id, v.first_visitor.user_id AS user_id, v.first_visitor.device AS device,
    v.first_visitor.country AS country, j.started_at, j.ended_at, j.event_count, j.page_view_count,
    j.product_view_count, j.add_to_cart_count, j.checkout_count, j.purchase_count, j.revenue, j.first_view,
    j.first_cart, j.last_cart, j.first_checkout, j.last_checkout, j.last_purchase
  FROM joined AS j
  JOIN first_visitors AS v ON v.session_id = j.session_id
),
products AS (
  SELECT session_id, count(*) AS product_count
  FROM (SELECT DISTINCT session_id, product_id FROM session_events WHERE product_id IS NOT NULL) AS p
  GROUP BY session_id
),
-- The closed funnel: each step is the first event of its kind after the step before it. The instant of a
-- step lies between two bounds, both included, which are one where it is known exactly. The bounds hold
-- for a session that reaches the step for certain: `decided` asks for that before it looks at them.
carts AS (
  SELECT
    f.*,
    CASE WHEN f.first_cart > f.first_view THEN f.first_cart ELSE f.first_view END AS cart_from,
    CASE WHEN f.first_cart > f.first_view THEN f.first_cart ELSE f.last_cart END AS cart_until
  FROM facts AS f
),
-- What comes before the purchase: the checkout, or the cart when the checkout is skipped.
checkouts AS (
  SELECT
    c.*,
    CASE
      WHEN NOT is_checkout_skipped() AND c.first_checkout > c.cart_from THEN c.first_checkout
      ELSE c.cart_from
    END AS checkout_from,
    CASE
      WHEN is_checkout_skipped() THEN c.cart_until
      WHEN c.first_checkout > c.cart_until THEN c.first_checkout
      ELSE c.last_checkout
    END AS checkout_until
  FROM carts AS c
),
-- A step is reached for certain when its last event is later than the step before can be, and missed for
-- certain when it is earlier. Null between the two, where the order of all events decides (below), be it
-- by their ids when their instants are the same.
decided AS (
  SELECT
    c.*,
    CASE
      WHEN c.first_view IS NULL THEN 0
      WHEN c.last_cart IS NULL OR c.last_cart < c.first_view THEN 1
      WHEN c.last_cart = c.first_view THEN NULL
      WHEN NOT is_checkout_skipped() AND (c.last_checkout IS NULL OR c.last_checkout < c.cart_from) THEN 2
      WHEN NOT is_checkout_skipped() AND c.last_checkout <= c.cart_until THEN NULL
      WHEN c.last_purchase IS NULL OR c.last_purchase < c.checkout_from
        THEN CASE WHEN is_checkout_skipped() THEN 2 ELSE 3 END
      WHEN c.last_purchase <= c.checkout_until THEN NULL
      ELSE 4
    END AS funnel_step
  FROM checkouts AS c
),
-- All steps of the sessions not decided yet, and how far they come. All of them have a view.
steps AS (
  SELECT session_id, event_type, event_order(event_timestamp, event_id) AS position
  FROM session_events
  WHERE event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase')
    AND session_id IN (SELECT d.session_id FROM decided AS d WHERE d.funnel_step IS NULL)
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
  d.session_id,
  utc_date(d.started_at) AS session_date,
  d.user_id,
  d.device,
  d.country,
  d.started_at,
  d.ended_at,
  seconds_between(d.started_at, d.ended_at) AS duration_seconds,
  CAST(d.event_count AS BIGINT) AS event_count,
  CAST(d.page_view_count AS BIGINT) AS page_view_count,
  CAST(d.product_view_count AS BIGINT) AS product_view_count,
  CAST(d.add_to_cart_count AS BIGINT) AS add_to_cart_count,
  CAST(d.checkout_count AS BIGINT) AS checkout_count,
  CAST(d.purchase_count AS BIGINT) AS purchase_count,
  CAST(COALESCE(p.product_count, 0) AS BIGINT) AS product_count,
  money(d.revenue) AS revenue,
  d.event_count = 1 AS is_bounce,
  d.product_view_count > 0 AS has_product_view,
  d.add_to_cart_count > 0 AS has_add_to_cart,
  d.purchase_count > 0 AS has_purchase,
  d.add_to_cart_count > 0 AND d.purchase_count = 0 AS is_cart_abandoned,
  CAST(COALESCE(d.funnel_step, r.funnel_step, 1) AS INT) AS funnel_step
FROM decided AS d
LEFT JOIN products AS p ON p.session_id = d.session_id
LEFT JOIN reached AS r ON r.session_id = d.session_id
