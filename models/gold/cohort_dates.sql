-- cohort_dates: all days of the weeks that contain a touched date, or a session of a visitor whose cohort has
-- changed.
-- reads: touched_dates, visitor_sessions, moved_visitors
-- result: dates
WITH weeks AS (
  SELECT week_of(date) AS week FROM touched_dates
  UNION
  SELECT week_of(session_date) AS week
  FROM visitor_sessions
  WHERE visitor_id IN (SELECT m.visitor_id FROM moved_visitors AS m)
)
SELECT w.week + d.number AS date
FROM weeks AS w
CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6)) AS d(number)
