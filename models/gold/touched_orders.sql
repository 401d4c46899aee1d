-- touched_orders: the orders that the new events belong to.
-- reads: rows_for_gold_purchase_lines
SELECT DISTINCT order_id FROM rows_for_gold_purchase_lines
