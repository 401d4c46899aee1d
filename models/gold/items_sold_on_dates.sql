-- items_sold_on_dates: the current products of all orders on the product dates.
-- reads: rows_for_gold_order_items, touched_orders, product_dates
-- reads: order_items_on_product_dates = gold_order_items, only order_date in product_dates
SELECT r.order_id, r.order_date, r.product_id, r.quantity, r.reported_revenue AS revenue
FROM rows_for_gold_order_items AS r
UNION ALL
SELECT g.order_id, g.order_date, g.product_id, g.quantity, g.reported_revenue AS revenue
FROM order_items_on_product_dates AS g
ANTI JOIN touched_orders AS t ON t.order_id = g.order_id
WHERE g.order_date IN (SELECT d.date FROM product_dates AS d)
