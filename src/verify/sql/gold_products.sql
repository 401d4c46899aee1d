-- gold_products: one row per date and product of the items of that date's events, or of that date's orders. Events of
-- bots count where the settings say so.
WITH seen AS (
  SELECT
    CAST(recount.shop_time(epoch_us(i.event_timestamp), c.clock) AS DATE) AS date,
    product_id,
    count(*) FILTER (event_type = 'product_view') AS views,
    count(*) FILTER (event_type = 'add_to_cart') AS add_to_carts
  FROM recount.silver_items AS i
  JOIN recount.clocks AS c ON c.utc_date = i.event_date
  ANTI JOIN (SELECT event_id FROM recount.marked_events WHERE NOT is_counted) AS left_out
    ON left_out.event_id = i.event_id
  WHERE product_id IS NOT NULL
  GROUP BY ALL
),
sold AS (
  SELECT
    order_date AS date,
    product_id,
    count(DISTINCT order_id) AS orders,
    sum(quantity) AS quantity,
    least(greatest(coalesce(sum(CAST(reported_revenue AS DECIMAL(28, 2))), 0), -9999999999999999.99), 9999999999999999.99) AS revenue
  FROM recount.gold_order_items
  WHERE product_id IS NOT NULL
  GROUP BY order_date, product_id
),
totals AS (
  SELECT
    date, product_id,
    coalesce(views, 0) AS views,
    coalesce(add_to_carts, 0) AS add_to_carts,
    coalesce(orders, 0) AS orders,
    coalesce(quantity, 0) AS quantity,
    coalesce(revenue, 0) AS revenue
  FROM seen
  FULL JOIN sold USING (date, product_id)
)
SELECT
  *,
  recount.rate(add_to_carts, views) AS view_to_cart_rate,
  recount.rate(orders, add_to_carts) AS cart_to_purchase_rate
FROM totals
