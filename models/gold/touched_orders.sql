-- touched_orders: the orders that the new events tell of.
-- reads: rows_for_gold_purchase_lines
SELECT DISTINCT order_id FROM rows_for_gold_purchase_lines
