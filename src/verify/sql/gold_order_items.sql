-- gold_order_items: one row per product and price of an order.
SELECT
  p.order_id, p.product_id,
  recount.hundredths(p.price_hundredths) AS price,
  f.order_date, f.currency, p.quantity,
  recount.money(CAST(coalesce(p.price_hundredths, 0) AS HUGEINT) * p.quantity) AS revenue,
  recount.reported(CAST(coalesce(p.price_hundredths, 0) AS HUGEINT) * p.quantity, f.exchange_rate) AS reported_revenue
FROM recount.order_products AS p
JOIN recount.order_facts AS f ON f.order_id = p.order_id
