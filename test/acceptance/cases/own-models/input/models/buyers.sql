-- gold_buyers: one row per user who has bought a product.
-- grain: user_id
-- refresh: visitor
-- reads: silver_events
SELECT
  CAST(user_id AS STRING) AS user_id,                          -- the user
  CAST(count(DISTINCT event_date) AS BIGINT) AS purchase_days  -- dates with a purchase [days]
FROM silver_events
WHERE event_type = 'purchase'
GROUP BY user_id
