-- derived_session_events: all events, old and new, of the touched derived sessions.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- reads: new_events, previous_sessions, derived_sessions_now
-- result: kept
-- in full: all_derived_session_events
WITH earlier AS (
  -- Only of owners with a touched session: most owners of new events have none.
  SELECT
    event_id, user_id, anonymous_id, session_id, event_type, device, country, user_agent, event_timestamp,
    page_url, referrer, campaign_source, campaign_medium, campaign_name, click_id, order_value, price, quantity
  FROM events_on_dates_to_read
  WHERE (session_id IS NULL OR is_every_session_derived())
    AND session_owner(anonymous_id, user_id, session_id) IN (
      SELECT p.derived_from FROM previous_sessions AS p WHERE p.derived_from IS NOT NULL
    )
),
events AS (
  SELECT
    event_id, user_id, anonymous_id, session_id, event_type, device, country, user_agent, event_timestamp,
    page_url, referrer, campaign_source, campaign_medium, campaign_name, click_id, order_value, price, quantity
  FROM new_events
  UNION ALL
  SELECT o.*
  FROM earlier AS o
  ANTI JOIN new_events AS n ON n.event_id = o.event_id
),
unassigned AS (
  SELECT
    session_owner(anonymous_id, user_id, session_id) AS derived_from,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent,
    event_timestamp,
    entry(page_url, referrer) AS entry,
    link_tags(campaign_source, campaign_medium, campaign_name, click_id) AS tags
  FROM events
  WHERE (session_id IS NULL OR is_every_session_derived()) AND NOT is_refund(event_type, order_value, price, quantity)
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
