-- Sessions that the new events belong to.
SELECT DISTINCT session_id FROM new_events
