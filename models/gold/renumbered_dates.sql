-- renumbered_dates: dates of the sessions that stay as they are but for their visitor, or their number among the visitor's.
-- reads: session_numbers
-- result: dates
SELECT DISTINCT session_date AS date
FROM session_numbers
WHERE is_renumbered
