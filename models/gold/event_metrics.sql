-- gold_event_metrics: one row per date, event type, device and country of the events.
WITH by_session AS (
  SELECT event_date, event_type, device, country, session_id, count(*) AS event_count
  FROM day_events
  GROUP BY event_date, event_type, device, country, session_id
),
sessions AS (
  SELECT event_date, event_type, device, country, sum(event_count) AS event_count, count(*) AS session_count
  FROM by_session
  GROUP BY event_date, event_type, device, country
),
users AS (
  SELECT event_date, event_type, device, country, count(*) AS user_count
  FROM (SELECT DISTINCT event_date, event_type, device, country, user_id FROM day_events) AS u
  GROUP BY event_date, event_type, device, country
)
SELECT
  s.event_date AS date,                              -- UTC date of the events; the partition
  s.event_type,                                      -- type of the events
  s.device,                                          -- device of the events; null: not sent
  s.country,                                         -- country of the events; null: not sent
  CAST(s.event_count AS BIGINT) AS event_count,      -- events of this type, device and country [events]
  CAST(s.session_count AS BIGINT) AS session_count,  -- distinct sessions with such an event; does not add up across rows, since a session has events of several [sessions]
  CAST(u.user_count AS BIGINT) AS user_count         -- distinct users with such an event; does not add up across rows, since a user has events of several [users]
FROM sessions AS s
JOIN users AS u
  ON u.event_date = s.event_date
  AND u.event_type = s.event_type
  AND u.device IS NOT DISTINCT FROM s.device
  AND u.country IS NOT DISTINCT FROM s.country
