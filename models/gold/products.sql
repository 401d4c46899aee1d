-- gold_products: one row per date and product that an event names. Events of bots are left out unless
-- bots: include.
-- grain: date, product_id
-- partition: date
-- refresh: date on new_event_dates
-- reads: items_to_count, bot_events
WITH left_out AS (
  SELECT event_id FROM bot_events WHERE is_left_out(true)
),
items AS (
  SELECT shop_date(i.event_timestamp) AS date, i.event_type, i.product_id, i.price, i.quantity
  FROM items_to_count AS i
  ANTI JOIN left_out AS o ON o.event_id = i.event_id
  WHERE i.product_id IS NOT NULL
),
totals AS (
  SELECT
    date,
    product_id,
    count(CASE WHEN event_type = 'product_view' THEN 1 END) AS views,
    count(CASE WHEN event_type = 'add_to_cart' THEN 1 END) AS add_to_carts,
    count(CASE WHEN event_type = 'purchase' THEN 1 END) AS purchases,
    sum(CASE WHEN event_type = 'purchase' THEN paid(price, quantity) END) AS revenue
  FROM items
  GROUP BY date, product_id
)
SELECT
  CAST(t.date AS DATE) AS date,                                               -- date of the events, in the time zone of the shop; the partition
  CAST(t.product_id AS STRING) AS product_id,                                 -- the product, as the shop names it
  CAST(t.views AS BIGINT) AS views,                                           -- product_view events, by the items that name the product [items]
  CAST(t.add_to_carts AS BIGINT) AS add_to_carts,                             -- add_to_cart events, by the items that name the product [items]
  CAST(t.purchases AS BIGINT) AS purchases,                                   -- purchase events, by the items that name the product [items]
  CAST(money(t.revenue) AS DECIMAL(18,2)) AS revenue,                         -- sum of price x quantity over its purchases; a missing quantity counts 1, a missing price 0; cut off at 16 digits before the point [units of currency]
  CAST(rate(t.add_to_carts, t.views) AS DOUBLE) AS view_to_cart_rate,         -- add_to_carts / views, counted in items [ratio]; null: no views
  CAST(rate(t.purchases, t.add_to_carts) AS DOUBLE) AS cart_to_purchase_rate  -- purchases / add_to_carts, counted in items [ratio]; null: no adds to cart
FROM totals AS t
