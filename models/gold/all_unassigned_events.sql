-- all_unassigned_events: every event without a session id, with the owner of its derived session. For a full
-- computation.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
SELECT
  session_owner(anonymous_id, user_id, session_id) AS derived_from,
  event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp,
  entry(page_url, referrer) AS entry,
  link_tags(campaign_source, campaign_medium, campaign_name, click_id) AS tags
FROM events_on_dates_to_read
WHERE (session_id IS NULL OR is_every_session_derived()) AND NOT is_refund(event_type, order_value, price, quantity)
