-- Events that are put into sessions by time: those without a session id, or all events if the settings say
-- so. They are grouped by anonymous_id, else user_id, else session_id as sent. A pause as long as the
-- timeout begins a new session. A refund belongs to no session.
WITH owned AS (
  SELECT
    event_id,
    event_micros,
    CASE
      WHEN anonymous_id IS NOT NULL THEN concat('anonymous_id=', anonymous_id)
      WHEN user_id IS NOT NULL THEN concat('user_id=', user_id)
      ELSE concat('session_id=', session_id)
    END AS derived_from
  FROM recount.events
  CROSS JOIN recount.settings
  WHERE NOT is_refund AND (session_id IS NULL OR is_every_session_derived)
),
paused AS (
  SELECT *, event_micros - lag(event_micros) OVER of_owner >= timeout_micros AS is_after_pause
  FROM owned
  CROSS JOIN recount.settings
  WINDOW of_owner AS (PARTITION BY derived_from ORDER BY event_micros)
),
numbered AS (
  SELECT
    event_id, event_micros, derived_from,
    count(*) FILTER (is_after_pause) OVER (PARTITION BY derived_from ORDER BY event_micros) AS pauses
  FROM paused
)
SELECT
  event_id,
  derived_from,
  concat(derived_from, '@', min(event_micros) OVER (PARTITION BY derived_from, pauses)) AS session_id
FROM numbered
