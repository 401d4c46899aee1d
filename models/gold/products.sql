-- gold_products: one row per date and product that an event or an order names. Events of bots are left out
-- unless bots: include. Name, category and brand come from the latest event of the date that has one, by
-- event_timestamp; at the same instant the greatest text counts. They may differ between dates.
-- grain: date, product_id
-- files by: date
-- refresh: date on product_dates
-- reads: items_to_count, items_sold_on_dates, bot_events
WITH left_out AS (
  SELECT event_id FROM bot_events WHERE is_left_out(true)
),
items AS (
  SELECT
    shop_date(i.event_timestamp) AS date, i.event_timestamp, i.product_id, i.product_name, i.category, i.brand,
    i.event_type, o.event_id IS NULL AS is_counted
  FROM items_to_count AS i
  LEFT JOIN left_out AS o ON o.event_id = i.event_id
  WHERE i.product_id IS NOT NULL
),
-- A product has many items, but few names: the latest is found among the distinct names.
named AS (
  SELECT
    date, product_id, product_name, category, brand,
    max(event_timestamp) AS last_sent_at,
    count(CASE WHEN is_counted THEN 1 END) AS items,
    count(CASE WHEN is_counted AND event_type = 'product_view' THEN 1 END) AS views,
    count(CASE WHEN is_counted AND event_type = 'add_to_cart' THEN 1 END) AS add_to_carts
  FROM items
  GROUP BY date, product_id, product_name, category, brand
),
seen AS (
  SELECT
    date,
    product_id,
    max_by(product_name, event_order(last_sent_at, product_name)) FILTER (WHERE product_name IS NOT NULL) AS product_name,
    max_by(category, event_order(last_sent_at, category)) FILTER (WHERE category IS NOT NULL) AS category,
    max_by(brand, event_order(last_sent_at, brand)) FILTER (WHERE brand IS NOT NULL) AS brand,
    CAST(sum(items) AS BIGINT) AS items,
    CAST(sum(views) AS BIGINT) AS views,
    CAST(sum(add_to_carts) AS BIGINT) AS add_to_carts
  FROM named
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
  CAST(COALESCE(v.date, s.date) AS DATE) AS date,                                       -- date of the events and the orders, in the time zone of the shop
  CAST(COALESCE(v.product_id, s.product_id) AS STRING) AS product_id,                   -- the product, as the shop names it
  CAST(v.product_name AS STRING) AS product_name,                                       -- its name in the latest event of the date that has one; null: none has one
  CAST(v.category AS STRING) AS category,                                               -- its category in the latest event of the date that has one; null: none has one
  CAST(v.brand AS STRING) AS brand,                                                     -- its brand in the latest event of the date that has one; null: none has one
  CAST(COALESCE(v.views, 0) AS BIGINT) AS views,                                        -- product_view events, counted by items that name the product [items]
  CAST(COALESCE(v.add_to_carts, 0) AS BIGINT) AS add_to_carts,                          -- add_to_cart events, counted by items that name the product [items]
  CAST(COALESCE(s.orders, 0) AS BIGINT) AS orders,                                      -- orders of the date with the product; does not add up across products [orders]
  CAST(COALESCE(s.quantity, 0) AS BIGINT) AS quantity,                                  -- pieces of the product in those orders [pieces]
  CAST(money(s.revenue) AS DECIMAL(18,2)) AS revenue,                                   -- price x quantity of the product in those orders; capped at 16 digits before the point [units of money.currency]
  CAST(rate(v.add_to_carts, v.views) AS DOUBLE) AS view_to_cart_rate,                   -- add_to_carts / views, counted in items [ratio]; null: no views
  CAST(rate(COALESCE(s.orders, 0), v.add_to_carts) AS DOUBLE) AS cart_to_purchase_rate  -- orders / add_to_carts [ratio]; null: no adds to cart
FROM seen AS v
FULL JOIN sold AS s ON s.date = v.date AND s.product_id = v.product_id
-- A product that only bots have seen gets no row.
WHERE v.items > 0 OR s.product_id IS NOT NULL
