-- all_derived_session_events: every event of a derived session, with its session. For a full computation.
-- reads: all_unassigned_events
-- result: kept
-- in parts: by derived_from
WITH followed AS (
  SELECT
    derived_from,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp, entry, tags,
    lag(event_timestamp) OVER (PARTITION BY derived_from ORDER BY event_timestamp) AS previous_at
  FROM all_unassigned_events
),
begun AS (
  SELECT
    derived_from,
    event_id, user_id, anonymous_id, event_type, device, country, user_agent, event_timestamp, entry, tags,
    -- Events at the same instant belong to the same session, whatever their order.
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
