-- derived_session_parts: the parts that make up the derived sessions that can be touched: new events and the
-- present sessions near them, each with the number of the session it now belongs to. A present session contains
-- no pause as long as the timeout, so it counts as one long event. It is touched by a new event, and by a new
-- delivery of one of its orders.
-- reads: new_unassigned_events, order_sessions
-- reads: sessions_of_owners = gold_sessions, only derived_from in new_unassigned_events
-- reads: sessions_of_orders = gold_sessions, only session_id in order_sessions
-- result: kept
WITH spans AS (
  SELECT derived_from, min(event_timestamp) AS first_at, max(event_timestamp) AS last_at
  FROM new_unassigned_events
  GROUP BY derived_from
),
parts AS (
  SELECT
    derived_from, event_timestamp AS started_at, event_timestamp AS ended_at,
    CAST(NULL AS STRING) AS previous_session_id, true AS is_new
  FROM new_unassigned_events
  UNION ALL
  SELECT
    g.derived_from, g.started_at, g.ended_at, g.session_id AS previous_session_id, false AS is_new
  FROM sessions_of_owners AS g
  -- A session that is further away than the timeout from all new events of its owner stays as it is.
  JOIN spans AS s ON s.derived_from = g.derived_from
    AND unix_micros(s.first_at) - unix_micros(g.ended_at) < session_timeout_micros()
    AND unix_micros(g.started_at) - unix_micros(s.last_at) < session_timeout_micros()
  UNION ALL
  -- It may be among the rows before as well. That changes neither its extent nor its number.
  SELECT
    g.derived_from, g.started_at, g.ended_at, g.session_id AS previous_session_id, true AS is_new
  FROM sessions_of_orders AS g
  WHERE g.derived_from IS NOT NULL AND g.session_id IN (SELECT o.session_id FROM order_sessions AS o)
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
