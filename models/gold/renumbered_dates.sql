-- renumbered_dates: dates of sessions in which only the visitor or the session number has changed.
-- reads: session_numbers
-- result: dates
SELECT DISTINCT session_date AS date
FROM session_numbers
WHERE is_renumbered
