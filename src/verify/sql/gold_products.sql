-- gold_products: one row per date of the events and product that they name.
WITH totals AS (
  SELECT
    event_date AS date,
    product_id,
    count(*) FILTER (event_type = 'product_view') AS views,
    count(*) FILTER (event_type = 'add_to_cart') AS add_to_carts,
    count(*) FILTER (event_type = 'purchase') AS purchases,
    count(DISTINCT session_id) AS sessions,
    recount.money(sum(paid)) AS revenue
  FROM recount.events
  WHERE product_id IS NOT NULL
  GROUP BY event_date, product_id
)
SELECT
  *,
  recount.rate(add_to_carts, views) AS view_to_cart_rate,
  recount.rate(purchases, add_to_carts) AS cart_to_purchase_rate
FROM totals
