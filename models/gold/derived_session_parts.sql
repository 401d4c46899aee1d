-- derived_session_parts: the parts that make up the derived sessions of the touched owners: present sessions
-- and new events, each with the number of the session it now belongs to. A present session contains no pause as
-- long as the timeout, so it counts as one long event. It is touched by a new event, and by a new delivery of
-- one of its orders.
-- reads: new_unassigned_events, touched_owners, order_sessions
-- reads: sessions_of_touched_owners = gold_sessions, only derived_from in touched_owners
-- result: kept
WITH parts AS (
  SELECT
    derived_from, event_timestamp AS started_at, event_timestamp AS ended_at,
    CAST(NULL AS STRING) AS previous_session_id, true AS is_new
  FROM new_unassigned_events
  UNION ALL
  SELECT
    g.derived_from, g.started_at, g.ended_at, g.session_id AS previous_session_id,
    o.session_id IS NOT NULL AS is_new
  FROM sessions_of_touched_owners AS g
  LEFT JOIN order_sessions AS o ON o.session_id = g.session_id
  WHERE g.derived_from IN (SELECT t.derived_from FROM touched_owners AS t)
),
followed AS (
  SELECT
    derived_from, started_at, ended_at, previous_session_id, is_new,
    max(ended_at) OVER (
      PARTITION BY derived_from ORDER BY started_at, ended_at
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS ended_before
  FROM parts
),
numbered AS (
  SELECT
    derived_from, started_at, ended_at, previous_session_id, is_new,
    -- Parts that begin at the same instant get the same number, whatever their order.
    count(CASE
      WHEN ended_before IS NULL
        OR unix_micros(started_at) - unix_micros(ended_before) >= session_timeout_micros() THEN 1
    END) OVER (PARTITION BY derived_from ORDER BY started_at, ended_at) AS number
  FROM followed
)
SELECT
  derived_from, number, started_at, ended_at, previous_session_id,
  count(CASE WHEN is_new THEN 1 END) OVER (PARTITION BY derived_from, number) > 0 AS is_touched
FROM numbered
