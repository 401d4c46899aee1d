-- gold_daily_revenue: one row per date with a purchase.
-- grain: date
-- partition: date
-- refresh: date
-- reads: silver_events
SELECT
  CAST(event_date AS DATE) AS date,                                    -- UTC date of the purchases; the partition
  CAST(money(sum(paid(price, quantity))) AS DECIMAL(18,2)) AS revenue  -- price x quantity [units of currency]
FROM silver_events
WHERE event_type = 'purchase'
GROUP BY event_date
