-- derived_session_events: all events, old and new, of the touched derived sessions.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- reads: derived_sessions_now
-- result: kept
-- in full: all_derived_session_events
WITH unassigned AS (
  SELECT
    session_owner(e.anonymous_id, e.user_id, e.session_id) AS derived_from,
    e.event_id, e.user_id, e.anonymous_id, e.event_type, e.device, e.country, e.user_agent,
    e.event_timestamp,
    entry(e.page_url, e.referrer) AS entry,
    link_tags(e.campaign_source, e.campaign_medium, e.campaign_name, e.click_id) AS tags
  FROM events_on_dates_to_read AS e
  WHERE (e.session_id IS NULL OR is_every_session_derived()) AND NOT is_refund(e.event_type, e.order_value, e.price, e.quantity)
    AND session_owner(e.anonymous_id, e.user_id, e.session_id) IN (SELECT s.derived_from FROM derived_sessions_now AS s)
),
-- For each visitor, events and session starts are sorted together, and each event goes to the last session that
-- began before it. A join by time range would compare every event of a visitor with every session.
in_order AS (
  SELECT
    derived_from, event_timestamp, 1 AS place, CAST(NULL AS TIMESTAMP_LTZ) AS started_at, CAST(NULL AS TIMESTAMP_LTZ) AS ended_at,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent, entry, tags
  FROM unassigned
  UNION ALL
  SELECT
    derived_from, started_at AS event_timestamp, 0 AS place, started_at, ended_at,
    CAST(NULL AS STRING) AS event_id, CAST(NULL AS STRING) AS user_id, CAST(NULL AS STRING) AS anonymous_id,
    CAST(NULL AS STRING) AS event_type, CAST(NULL AS STRING) AS device,
    CAST(NULL AS STRING) AS country, CAST(NULL AS STRING) AS user_agent,
    entry(CAST(NULL AS STRING), CAST(NULL AS STRING)) AS entry,
    link_tags(CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING)) AS tags
  FROM derived_sessions_now
),
placed AS (
  SELECT
    derived_from, place, event_timestamp,
    max(started_at) OVER (PARTITION BY derived_from ORDER BY event_timestamp, place) AS session_started_at,
    max(ended_at) OVER (PARTITION BY derived_from ORDER BY event_timestamp, place) AS session_ended_at,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent, entry, tags
  FROM in_order
)
SELECT
  derived_session_id(derived_from, session_started_at) AS session_id, derived_from,
  event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp, entry, tags
FROM placed
WHERE place = 1 AND event_timestamp <= session_ended_at
