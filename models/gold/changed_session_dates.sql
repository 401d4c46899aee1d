-- changed_session_dates: start dates, before and after this run, of the sessions that have changed in more than
-- their visitor, and dates of new events: an interrupted run may have counted a session there that now starts
-- earlier.
-- reads: new_event_dates, computed_sessions, previous_sessions
-- result: dates
SELECT date FROM new_event_dates
UNION
SELECT session_date AS date FROM computed_sessions
UNION
SELECT session_date AS date FROM previous_sessions
