-- session_numbers: the number among its user's of each session that is recomputed, or whose number has changed.
-- reads: user_sessions
-- result: kept
WITH numbered AS (
  SELECT
    session_id,
    session_date,
    previous_number,
    row_number() OVER (PARTITION BY user_id ORDER BY started_at, session_id) AS session_number
  FROM user_sessions
)
SELECT
  session_id,
  session_date,
  CAST(session_number AS INT) AS session_number,
  previous_number IS NOT NULL AS is_renumbered
FROM numbered
WHERE previous_number IS NULL OR previous_number <> session_number
