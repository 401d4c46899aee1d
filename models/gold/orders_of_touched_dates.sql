-- orders_of_touched_dates: current orders and revenue of the touched dates.
-- reads: rows_for_gold_orders, touched_dates
-- reads: orders_on_touched_dates = gold_orders, only order_date in touched_dates
SELECT r.order_date, r.reported_revenue AS revenue
FROM rows_for_gold_orders AS r
WHERE r.order_date IN (SELECT t.date FROM touched_dates AS t)
UNION ALL
SELECT g.order_date, g.reported_revenue AS revenue
FROM orders_on_touched_dates AS g
ANTI JOIN rows_for_gold_orders AS r ON r.order_id = g.order_id
WHERE g.order_date IN (SELECT t.date FROM touched_dates AS t)
