-- gold_identities: one row per anonymous_id, with the user that it is linked with.
-- grain: anonymous_id
-- refresh: visitor
-- reads: added_events
-- reads: identities_of_new_devices = gold_identities, only anonymous_id in new_devices
WITH facts AS (
  SELECT
    anonymous_id, user_id,
    event_timestamp AS identified_at, event_id AS identified_by,
    event_timestamp AS first_seen_at, event_timestamp AS last_seen_at
  FROM added_events
  WHERE anonymous_id IS NOT NULL
  UNION ALL
  -- Earlier rows without new information stay unchanged.
  SELECT
    g.anonymous_id, g.user_id,
    g.identified_at, g.identified_by,
    g.first_seen_at, g.last_seen_at
  FROM identities_of_new_devices AS g
  WHERE g.anonymous_id IN (SELECT e.anonymous_id FROM added_events AS e)
),
devices AS (
  SELECT
    anonymous_id,
    max_by(identification(user_id, identified_at, identified_by), event_order(identified_at, identified_by))
      FILTER (WHERE user_id IS NOT NULL) AS last_one,
    min(first_seen_at) AS first_seen_at,
    max(last_seen_at) AS last_seen_at
  FROM facts
  GROUP BY anonymous_id
)
SELECT
  CAST(anonymous_id AS STRING) AS anonymous_id,                    -- the browser or device, as the shop names it
  CAST(last_one.user_id AS STRING) AS user_id,                     -- user_id of its last event that names one (by event_timestamp, then event_id); null: none does
  CAST(last_one.identified_at AS TIMESTAMP_LTZ) AS identified_at,  -- time of that event [UTC, microseconds]; null: no event names a user
  CAST(last_one.identified_by AS STRING) AS identified_by,         -- event_id of that event; null: no event names a user
  CAST(first_seen_at AS TIMESTAMP_LTZ) AS first_seen_at,           -- time of its first event [UTC, microseconds]
  CAST(last_seen_at AS TIMESTAMP_LTZ) AS last_seen_at              -- time of its last event [UTC, microseconds]
FROM devices
