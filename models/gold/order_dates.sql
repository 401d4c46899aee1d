-- order_dates: dates of the touched orders, before and after this run.
-- reads: order_totals, previous_orders
SELECT shop_date(ordered_at) AS date FROM order_totals WHERE ordered_at IS NOT NULL
UNION
SELECT order_date AS date FROM previous_orders WHERE order_date IS NOT NULL
