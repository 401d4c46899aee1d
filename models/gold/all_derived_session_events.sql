-- all_derived_session_events: every event that belongs to a derived session, with its session, for a full computation.
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
