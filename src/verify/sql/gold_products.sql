-- gold_products: one row per date and product of the items of that date's events; those of bots count where
-- the settings say so.
WITH totals AS (
  SELECT
    CAST(recount.shop_time(epoch_us(i.event_timestamp), c.clock) AS DATE) AS date,
    product_id,
    count(*) FILTER (event_type = 'product_view') AS views,
    count(*) FILTER (event_type = 'add_to_cart') AS add_to_carts,
    count(*) FILTER (event_type = 'purchase') AS purchases,
    recount.money(coalesce(sum(
      CAST(CAST(coalesce(price, 0) AS DECIMAL(38, 2)) * 100 AS HUGEINT) * coalesce(quantity, 1)
    ) FILTER (event_type = 'purchase'), 0)) AS revenue
  FROM recount.silver_items AS i
  JOIN recount.clocks AS c ON c.utc_date = i.event_date
  ANTI JOIN (SELECT event_id FROM recount.marked_events WHERE NOT is_counted) AS left_out
    ON left_out.event_id = i.event_id
  WHERE product_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  *,
  recount.rate(add_to_carts, views) AS view_to_cart_rate,
  recount.rate(purchases, add_to_carts) AS cart_to_purchase_rate
FROM totals
