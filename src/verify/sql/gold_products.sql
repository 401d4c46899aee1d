-- gold_products: one row per date and product of that date's event items or orders. Events of bots count
-- only if the settings say so, but the product's name, category and brand come from all items of the date:
-- each from the latest item that has one; at the same instant from the last by bytes.
WITH items AS (
  SELECT
    i.*,
    CAST(recount.shop_time(epoch_us(i.event_timestamp), c.clock) AS DATE) AS date,
    i.event_id NOT IN (SELECT event_id FROM recount.marked_events WHERE NOT is_counted) AS is_counted
  FROM recount.silver_items AS i
  JOIN recount.clocks AS c ON c.utc_date = i.event_date
  WHERE product_id IS NOT NULL
),
seen AS (
  SELECT
    date,
    product_id,
    arg_max(product_name, (event_timestamp, product_name)) FILTER (product_name IS NOT NULL) AS product_name,
    arg_max(category, (event_timestamp, category)) FILTER (category IS NOT NULL) AS category,
    arg_max(brand, (event_timestamp, brand)) FILTER (brand IS NOT NULL) AS brand,
    bool_or(is_counted) AS is_row,
    count(*) FILTER (is_counted AND event_type = 'product_view') AS views,
    count(*) FILTER (is_counted AND event_type = 'add_to_cart') AS add_to_carts
  FROM items
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
    date, product_id, product_name, category, brand,
    coalesce(views, 0) AS views,
    coalesce(add_to_carts, 0) AS add_to_carts,
    coalesce(orders, 0) AS orders,
    coalesce(quantity, 0) AS quantity,
    coalesce(revenue, 0) AS revenue
  FROM seen
  FULL JOIN sold USING (date, product_id)
  WHERE is_row OR orders > 0
)
SELECT
  *,
  recount.rate(add_to_carts, views) AS view_to_cart_rate,
  recount.rate(orders, add_to_carts) AS cart_to_purchase_rate
FROM totals
