-- gold_rfm: one row per visitor with an order. A quintile follows from the number of buyers below the
-- buyer's value.
WITH buyers AS (
  SELECT
    visitor_id,
    max(order_date) AS last_order_date,
    count(*) AS order_count,
    least(greatest(coalesce(sum(reported_net_revenue), 0), -9999999999999999.99), 9999999999999999.99) AS revenue
  FROM recount.gold_orders
  WHERE visitor_id IS NOT NULL
  GROUP BY visitor_id
),
-- The window from the best buyer to the last with the same value: the buyers at or above this value.
fifths AS (
  FROM buyers
  SELECT
    *,
    1 + 5 * (count(*) OVER () - count(*) OVER (ORDER BY last_order_date DESC)) // count(*) OVER () AS recency,
    1 + 5 * (count(*) OVER () - count(*) OVER (ORDER BY order_count DESC)) // count(*) OVER () AS frequency,
    1 + 5 * (count(*) OVER () - count(*) OVER (ORDER BY revenue DESC)) // count(*) OVER () AS monetary
)
SELECT
  visitor_id,
  last_order_date,
  date_diff('day', last_order_date, max(last_order_date) OVER ()) AS days_since_last_order,
  order_count,
  revenue,
  recency AS recency_quintile,
  frequency AS frequency_quintile,
  monetary AS monetary_quintile,
  format('{}{}{}', recency, frequency, monetary) AS rfm
FROM fifths
