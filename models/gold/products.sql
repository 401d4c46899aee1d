-- gold_products: one row per date and product that an event or an order names. Events of bots are left out unless
-- bots: include.
-- grain: date, product_id
-- partition: date
-- refresh: date on product_dates
-- reads: items_to_count, items_sold_on_dates, bot_events
WITH left_out AS (
  SELECT event_id FROM bot_events WHERE is_left_out(true)
),
items AS (
  SELECT shop_date(i.event_timestamp) AS date, i.event_type, i.product_id
  FROM items_to_count AS i
  ANTI JOIN left_out AS o ON o.event_id = i.event_id
  WHERE i.product_id IS NOT NULL
),
viewed AS (
  SELECT
    date,
    product_id,
    count(CASE WHEN event_type = 'product_view' THEN 1 END) AS views,
    count(CASE WHEN event_type = 'add_to_cart' THEN 1 END) AS add_to_carts
  FROM items
  GROUP BY date, product_id
),
sold AS (
  SELECT
    order_date AS date, product_id, count(DISTINCT order_id) AS orders, sum(CAST(quantity AS BIGINT)) AS quantity,
    sum(CAST(revenue AS DECIMAL(28,2))) AS revenue
  FROM items_sold_on_dates
  WHERE product_id IS NOT NULL
  GROUP BY order_date, product_id
)
SELECT
  CAST(COALESCE(v.date, s.date) AS DATE) AS date,                                       -- date of the events and the orders, in the time zone of the shop; the partition
  CAST(COALESCE(v.product_id, s.product_id) AS STRING) AS product_id,                   -- the product, as the shop names it
  CAST(COALESCE(v.views, 0) AS BIGINT) AS views,                                        -- product_view events, by the items that name the product [items]
  CAST(COALESCE(v.add_to_carts, 0) AS BIGINT) AS add_to_carts,                          -- add_to_cart events, by the items that name the product [items]
  CAST(COALESCE(s.orders, 0) AS BIGINT) AS orders,                                      -- orders of the date with the product; does not add up across products [orders]
  CAST(COALESCE(s.quantity, 0) AS BIGINT) AS quantity,                                  -- pieces of it in those orders [pieces]
  CAST(money(s.revenue) AS DECIMAL(18,2)) AS revenue,                                   -- price x quantity of it in those orders; cut off at 16 digits before the point [units of money.currency]
  CAST(rate(v.add_to_carts, v.views) AS DOUBLE) AS view_to_cart_rate,                   -- add_to_carts / views, counted in items [ratio]; null: no views
  CAST(rate(COALESCE(s.orders, 0), v.add_to_carts) AS DOUBLE) AS cart_to_purchase_rate  -- orders / add_to_carts [ratio]; null: no adds to cart
FROM viewed AS v
FULL JOIN sold AS s ON s.date = v.date AND s.product_id = v.product_id
