-- gold_products: one row per date and product that an event names.
WITH by_session AS (
  SELECT
    event_date,
    product_id,
    session_id,
    count(CASE WHEN event_type = 'product_view' THEN 1 END) AS views,
    count(CASE WHEN event_type = 'add_to_cart' THEN 1 END) AS add_to_carts,
    count(CASE WHEN event_type = 'purchase' THEN 1 END) AS purchases,
    sum(CASE WHEN event_type = 'purchase' THEN paid(price, quantity) END) AS revenue
  FROM day_events
  WHERE product_id IS NOT NULL
  GROUP BY event_date, product_id, session_id
),
totals AS (
  SELECT
    event_date,
    product_id,
    sum(views) AS views,
    sum(add_to_carts) AS add_to_carts,
    sum(purchases) AS purchases,
    count(*) AS sessions,
    sum(revenue) AS revenue
  FROM by_session
  GROUP BY event_date, product_id
)
SELECT
  event_date AS date,                                            -- UTC date of the events; the partition
  product_id,                                                    -- the product, as the shop names it
  CAST(views AS BIGINT) AS views,                                -- product_view events of the product [events]
  CAST(add_to_carts AS BIGINT) AS add_to_carts,                  -- add_to_cart events of the product [events]
  CAST(purchases AS BIGINT) AS purchases,                        -- purchase events of the product [events]
  CAST(sessions AS BIGINT) AS sessions,                          -- distinct sessions with an event of the product that day; does not add up across rows [sessions]
  money(revenue) AS revenue,                                     -- sum of price x quantity over its purchases; a missing quantity counts 1, a missing price 0; cut off at 16 digits before the point [units of currency]
  rate(add_to_carts, views) AS view_to_cart_rate,                -- add_to_carts / views, counted in events [ratio]; null: no views
  rate(purchases, add_to_carts) AS cart_to_purchase_rate         -- purchases / add_to_carts, counted in events [ratio]; null: no adds to cart
FROM totals
