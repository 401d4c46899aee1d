-- session_events: all events, old and new, of the touched sessions, with the columns that sessions are computed
-- from. A refund belongs to no session: the back office sends it.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- reads: touched_sessions, derived_session_events
-- result: kept
-- in full: all_session_events
SELECT
  sent_session_id(e.session_id) AS session_id, CAST(NULL AS STRING) AS derived_from,
  e.event_id, e.user_id, e.anonymous_id, e.event_type, e.device, e.country, e.user_agent, e.event_timestamp,
  entry(e.page_url, e.referrer) AS entry,
  link_tags(e.campaign_source, e.campaign_medium, e.campaign_name, e.click_id) AS tags
FROM events_on_dates_to_read AS e
-- The first condition skips the row groups of senders without session ids.
WHERE e.session_id IS NOT NULL AND NOT is_every_session_derived()
  AND NOT is_refund(e.event_type, e.order_value, e.price, e.quantity)
  AND sent_session_id(e.session_id) IN (SELECT t.session_id FROM touched_sessions AS t)
UNION ALL
SELECT
  session_id, derived_from,
  event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp,
  entry, tags
FROM derived_session_events
