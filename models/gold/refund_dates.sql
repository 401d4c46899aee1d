-- refund_dates: dates of the refunds of the touched orders, before and after this run.
-- reads: rows_for_gold_refunds, touched_orders
-- reads: refunds_of_touched_orders = gold_refunds, only order_id in touched_orders
SELECT refund_date AS date FROM rows_for_gold_refunds
UNION
SELECT g.refund_date AS date
FROM refunds_of_touched_orders AS g
WHERE g.order_id IN (SELECT t.order_id FROM touched_orders AS t)
