-- known_events: the events of Silver whose ids occur in the batch again, with their content.
-- reads: known_ids
-- reads: events_with_known_ids = silver_events, only event_id in known_ids, event_date in known_id_dates
-- result: kept
SELECT
  e.event_id, e.user_id, e.session_id, e.event_type, e.product_id, e.device, e.country, e.event_timestamp,
  e.page_url, e.referrer, e.order_id, e.currency, e.quantity, e.price
FROM events_with_known_ids AS e
WHERE e.event_id IN (SELECT k.event_id FROM known_ids AS k)
