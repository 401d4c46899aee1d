-- linked_identities: those devices of the touched sessions that are currently linked with a user.
-- reads: rows_for_gold_identities
-- reads: identities_of_sessions = gold_identities, only anonymous_id in session_devices
SELECT anonymous_id, user_id
FROM rows_for_gold_identities
WHERE user_id IS NOT NULL
UNION ALL
SELECT g.anonymous_id, g.user_id
FROM identities_of_sessions AS g
ANTI JOIN rows_for_gold_identities AS r ON r.anonymous_id = g.anonymous_id
WHERE g.user_id IS NOT NULL
