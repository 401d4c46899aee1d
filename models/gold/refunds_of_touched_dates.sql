-- refunds_of_touched_dates: current refunds on the touched dates.
-- reads: rows_for_gold_refunds, touched_orders, touched_dates
-- reads: refunds_on_touched_dates = gold_refunds, only refund_date in touched_dates
SELECT r.refund_date, r.reported_amount AS amount
FROM rows_for_gold_refunds AS r
UNION ALL
SELECT g.refund_date, g.reported_amount AS amount
FROM refunds_on_touched_dates AS g
ANTI JOIN touched_orders AS t ON t.order_id = g.order_id
WHERE g.refund_date IN (SELECT d.date FROM touched_dates AS d)
