-- Dates on which the touched sessions start so far. Asked first, because it reads one column of Gold.
SELECT DISTINCT CAST(g.session_date AS STRING) AS session_date
FROM gold_sessions AS g
WHERE g.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
