-- gold_order_items: one row per product and price of an order.
-- grain: order_id, product_id, price
-- files by: order_date
-- refresh: order of touched_orders on product_dates
-- reads: order_products, order_totals
SELECT
  CAST(p.order_id AS STRING) AS order_id,                                -- the order, as in gold_orders
  CAST(p.product_id AS STRING) AS product_id,                            -- the product; null: the order names none
  CAST(p.price AS DECIMAL(18,2)) AS price,                               -- price of one piece [units of currency]; null: not sent
  CAST(shop_date(t.ordered_at) AS DATE) AS order_date,                   -- date of the order, in the time zone of the shop
  CAST(t.currency AS STRING) AS currency,                                -- currency of the order, in capitals; null: unknown
  CAST(p.quantity AS INT) AS quantity,                                   -- pieces: the largest quantity in one event; a missing quantity counts 1 [pieces]
  CAST(money(paid(p.price, p.quantity)) AS DECIMAL(18,2)) AS revenue,    -- price x quantity; a missing price counts 0; capped at 16 digits before the point [units of currency]
  CAST(reported(money(paid(p.price, p.quantity)), t.exchange_rate) AS DECIMAL(18,2)) AS reported_revenue  -- revenue in money.currency, as sent if it is not set [units of money.currency]; null: no rate
FROM order_products AS p
JOIN order_totals AS t ON t.order_id = p.order_id
