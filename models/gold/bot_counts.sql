-- bot_counts: sessions and events of bots on the touched dates, and the sessions that count.
-- reads: rows_for_gold_conversion_metrics
-- result: counts
SELECT
  CAST(COALESCE(sum(bot_sessions), 0) AS BIGINT) AS bot_sessions,  -- sessions of bots [sessions]
  CAST(COALESCE(sum(bot_events), 0) AS BIGINT) AS bot_events,      -- events of bots [events]
  CAST(COALESCE(sum(sessions), 0) AS BIGINT) AS sessions           -- sessions in the metrics [sessions]
FROM rows_for_gold_conversion_metrics
