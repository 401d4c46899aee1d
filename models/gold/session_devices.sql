-- session_devices: devices of those touched sessions that name no user.
-- reads: session_totals
SELECT DISTINCT anonymous_id FROM session_totals WHERE user_id IS NULL AND anonymous_id IS NOT NULL
