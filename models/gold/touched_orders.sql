-- touched_orders: the orders that the new events tell of.
-- reads: rows_for_gold_purchase_lines
-- result: kept
SELECT DISTINCT order_id FROM rows_for_gold_purchase_lines
