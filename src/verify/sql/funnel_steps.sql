-- How far each session with a product view follows the closed funnel: product view, add to cart, checkout,
-- purchase (the earliest purchase event of an order). A step is reached by an event that is not earlier
-- than the previous step, so events at the same instant count as being in order. If the shop sends no
-- checkouts, the purchase follows the cart.
WITH steps AS (
  SELECT
    session_id,
    event_micros,
    CASE event_type
      WHEN 'product_view' THEN 1
      WHEN 'add_to_cart' THEN 2
      WHEN 'checkout' THEN 3
      WHEN 'purchase' THEN 4
    END AS step
  FROM recount.session_events
  WHERE event_type IN ('product_view', 'add_to_cart', 'checkout')
    OR event_id IN (SELECT first_event_id FROM recount.order_facts)
),
-- Only these can get further than the product view.
with_cart AS (
  SELECT session_id, event_micros, step
  FROM steps
  WHERE session_id IN (SELECT session_id FROM steps WHERE step = 2)
),
-- The steps that the session has reached, in order; at the same instant in the order of the funnel.
viewed AS (
  SELECT *, bool_or(step = 1) OVER so_far AS has_viewed
  FROM with_cart
  WINDOW so_far AS (PARTITION BY session_id ORDER BY event_micros, step)
),
carted AS (
  SELECT *, bool_or(step = 2 AND has_viewed) OVER so_far AS has_carted
  FROM viewed
  WINDOW so_far AS (PARTITION BY session_id ORDER BY event_micros, step)
),
checked_out AS (
  SELECT *, bool_or(step = 3 AND has_carted) OVER so_far AS has_checked_out
  FROM carted
  WINDOW so_far AS (PARTITION BY session_id ORDER BY event_micros, step)
),
reached AS (
  SELECT
    session_id,
    bool_or(has_carted) AS has_carted,
    bool_or(has_checked_out) AS has_checked_out,
    bool_or(step = 4 AND CASE WHEN is_checkout_skipped THEN has_carted ELSE has_checked_out END)
      AS has_purchased
  FROM checked_out
  CROSS JOIN recount.settings
  GROUP BY session_id
)
SELECT
  v.session_id,
  CASE
    WHEN r.has_purchased THEN 4
    WHEN r.has_checked_out AND NOT s.is_checkout_skipped THEN 3
    WHEN r.has_carted THEN 2
    ELSE 1
  END AS funnel_step
FROM (SELECT DISTINCT session_id FROM steps WHERE step = 1) AS v
LEFT JOIN reached AS r ON r.session_id = v.session_id
CROSS JOIN recount.settings AS s
