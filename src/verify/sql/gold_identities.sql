-- gold_identities: one row per anonymous_id, linked with the user of its last event that has a user_id, by
-- time, then by the bytes of event_id.
SELECT
  anonymous_id,
  arg_max(user_id, {'at': event_micros, 'id': event_id}) FILTER (user_id IS NOT NULL) AS user_id,
  make_timestamp(max(event_micros) FILTER (user_id IS NOT NULL)) AT TIME ZONE 'UTC' AS identified_at,
  arg_max(event_id, {'at': event_micros, 'id': event_id}) FILTER (user_id IS NOT NULL) AS identified_by,
  make_timestamp(min(event_micros)) AT TIME ZONE 'UTC' AS first_seen_at,
  make_timestamp(max(event_micros)) AT TIME ZONE 'UTC' AS last_seen_at
FROM recount.events
WHERE anonymous_id IS NOT NULL
GROUP BY anonymous_id
