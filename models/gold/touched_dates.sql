-- touched_dates: dates with new events, start dates of changed sessions before and after this run, and dates of
-- changed orders and refunds.
-- reads: changed_session_dates, relinked_sessions, order_dates, refund_dates
-- result: dates
SELECT date FROM changed_session_dates
UNION
SELECT session_date AS date FROM relinked_sessions
UNION
SELECT date FROM order_dates
UNION
SELECT date FROM refund_dates
