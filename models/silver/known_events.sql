-- known_events: the events of Silver whose ids occur again in the batch, each with its content as one value.
-- reads: known_ids
-- reads: events_with_known_ids = silver_events, only event_id in known_ids, event_date in known_id_dates
-- result: kept
SELECT
  e.event_id,
  event_content(
    e.user_id, e.anonymous_id, e.session_id, e.event_type, e.product_id, e.device, e.country,
    e.event_timestamp, e.page_url, e.referrer, e.order_id, e.currency, e.user_agent, e.campaign_source,
    e.campaign_medium, e.campaign_name, e.click_id, e.quantity, e.price, e.order_value, e.tax,
    e.shipping, e.discount
  ) AS content
FROM events_with_known_ids AS e
WHERE e.event_id IN (SELECT k.event_id FROM known_ids AS k)
