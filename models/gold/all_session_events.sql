-- all_session_events: every event that belongs to a session. For a full computation.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- reads: derived_session_events
SELECT
  sent_session_id(session_id) AS session_id, CAST(NULL AS STRING) AS derived_from,
  event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp,
  entry(page_url, referrer) AS entry,
  link_tags(campaign_source, campaign_medium, campaign_name, click_id) AS tags
FROM events_on_dates_to_read
WHERE session_id IS NOT NULL AND NOT is_every_session_derived() AND NOT is_refund(event_type, order_value, price, quantity)
UNION ALL
SELECT
  session_id, derived_from,
  event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp,
  entry, tags
FROM derived_session_events
