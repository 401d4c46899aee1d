-- all_derived_session_events: every event that belongs to a derived session, for a full computation.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- result: kept
WITH unassigned AS (
  SELECT
    session_owner(anonymous_id, user_id, session_id) AS derived_from,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp,
    entry(page_url, referrer) AS entry,
    link_tags(campaign_source, campaign_medium, campaign_name, click_id) AS tags
  FROM events_on_dates_to_read
  WHERE (session_id IS NULL OR is_every_session_derived()) AND NOT is_refund(event_type, order_value, price, quantity)
),
followed AS (
  SELECT
    derived_from,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp, entry, tags,
    lag(event_timestamp) OVER (PARTITION BY derived_from ORDER BY event_timestamp) AS previous_at
  FROM unassigned
),
begun AS (
  SELECT
    derived_from,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp, entry, tags,
    -- Events of one instant are in one session, in whatever order they are looked at.
    max(CASE
      WHEN previous_at IS NULL
        OR unix_micros(event_timestamp) - unix_micros(previous_at) >= session_timeout_micros() THEN event_timestamp
    END) OVER (PARTITION BY derived_from ORDER BY event_timestamp) AS session_started_at
  FROM followed
)
SELECT
  derived_session_id(derived_from, session_started_at) AS session_id, derived_from,
  event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp, entry, tags
FROM begun
