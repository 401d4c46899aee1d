-- touched_dates: dates with new events, and those on which a changed session starts, or started so far.
-- reads: new_event_dates, computed_sessions, previous_sessions, relinked_sessions
-- result: dates
SELECT date FROM new_event_dates
UNION
SELECT session_date AS date FROM computed_sessions
UNION
SELECT session_date AS date FROM previous_sessions
UNION
SELECT session_date AS date FROM relinked_sessions
