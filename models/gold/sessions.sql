-- gold_sessions: one row per session_id. Holds the sessions that are new or that changed, be it only
-- in their number among their user's.
WITH numbered AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY user_id ORDER BY started_at, session_id) AS session_number
  FROM user_sessions
)
SELECT
  session_id,             -- identity of the session, as the shop names it
  session_date,           -- UTC date of started_at; the partition
  user_id,                -- user of the session's first event (by event_timestamp, then event_id)
  device,                 -- device of the first event; null: not sent
  country,                -- country of the first event; null: not sent
  started_at,             -- time of the first event [UTC, microseconds]
  ended_at,               -- time of the last event [UTC, microseconds]
  duration_seconds,       -- ended_at minus started_at, cut to milliseconds [s]
  event_count,            -- events in the session [events]
  page_view_count,        -- page_view events [events]
  product_view_count,     -- product_view events [events]
  add_to_cart_count,      -- add_to_cart events [events]
  checkout_count,         -- checkout events [events]
  purchase_count,         -- purchase events, one per product line [events]
  product_count,          -- distinct product_id in its events; does not add up across sessions [products]
  revenue,                -- sum of price x quantity over purchases; a missing quantity counts 1, a missing price 0 [units of currency]
  CAST(session_number AS INT) AS session_number,  -- place among the user's sessions by started_at, then session_id [1 = first]
  is_bounce,              -- the session is a single event
  has_product_view,       -- at least one product_view
  has_add_to_cart,        -- at least one add_to_cart
  has_purchase,           -- at least one purchase
  is_cart_abandoned,      -- an add_to_cart and no purchase in the session
  funnel_step             -- steps of the closed funnel reached in order [0 none, 1 product view, 2 cart, 3 checkout, 4 purchase]
FROM numbered
WHERE previous_number IS NULL OR previous_number <> session_number
