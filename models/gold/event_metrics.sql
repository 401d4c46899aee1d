-- gold_event_metrics: one row per date, event type, device and country of the events.
-- grain: date, event_type, device, country
-- refresh: date on new_event_dates
-- reads: events_on_new_event_dates = silver_events, only event_date in new_event_dates
WITH combinations AS (
  -- Numbered, for its sessions and users to be grouped by one number instead of four columns.
  SELECT
    event_date, event_type, device, country,
    count(*) AS event_count,
    row_number() OVER (ORDER BY event_date, event_type, device, country) AS number
  FROM events_on_new_event_dates
  GROUP BY event_date, event_type, device, country
),
numbered AS (
  SELECT c.number, e.session_id, e.user_id
  FROM events_on_new_event_dates AS e
  JOIN combinations AS c
    ON c.event_date = e.event_date
    AND c.event_type = e.event_type
    AND c.device IS NOT DISTINCT FROM e.device
    AND c.country IS NOT DISTINCT FROM e.country
),
-- A row per session of a combination, without a user, and one per user, without a session.
visitors AS (
  SELECT number, session_id, user_id
  FROM numbered
  GROUP BY GROUPING SETS ((number, session_id), (number, user_id))
),
visitor_counts AS (
  SELECT number, count(session_id) AS session_count, count(user_id) AS user_count
  FROM visitors
  GROUP BY number
)
SELECT
  CAST(c.event_date AS DATE) AS date,                -- UTC date of the events
  CAST(c.event_type AS STRING) AS event_type,        -- type of the events
  CAST(c.device AS STRING) AS device,                -- device of the events; null: not sent
  CAST(c.country AS STRING) AS country,              -- country of the events; null: not sent
  CAST(c.event_count AS BIGINT) AS event_count,      -- events of this type, device and country [events]
  CAST(v.session_count AS BIGINT) AS session_count,  -- distinct sessions with such an event; does not add up across rows, since a session has events of several [sessions]
  CAST(v.user_count AS BIGINT) AS user_count         -- distinct users with such an event; does not add up across rows, since a user has events of several [users]
FROM combinations AS c
JOIN visitor_counts AS v ON v.number = c.number
