-- The touched sessions as Gold knows them so far.
SELECT g.*
FROM gold_sessions AS g
WHERE g.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
