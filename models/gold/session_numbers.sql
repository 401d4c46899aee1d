-- session_numbers: the session number, within its visitor, of each session that is recomputed or whose number
-- or visitor has changed.
-- reads: visitor_sessions
-- result: kept
WITH numbered AS (
  SELECT
    session_id,
    session_date,
    visitor_id,
    previous_number,
    is_relinked,
    row_number() OVER (PARTITION BY visitor_id ORDER BY started_at, session_id) AS session_number
  FROM visitor_sessions
)
SELECT
  session_id,
  session_date,
  visitor_id,
  CAST(session_number AS INT) AS session_number,
  previous_number IS NOT NULL AS is_renumbered
FROM numbered
WHERE previous_number IS NULL OR previous_number <> session_number OR is_relinked
