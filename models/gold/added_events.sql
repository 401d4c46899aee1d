-- added_events: the new events; in a full computation, all events.
-- reads: new_events
-- in full: silver_events
SELECT
  event_id, anonymous_id, user_id, event_type, event_timestamp, order_id, currency, order_value, tax, shipping,
  discount, product_id, price, quantity, item_count
FROM new_events
