-- session_devices: devices of the touched sessions without a user.
-- reads: session_totals
SELECT DISTINCT anonymous_id FROM session_totals WHERE user_id IS NULL AND anonymous_id IS NOT NULL
