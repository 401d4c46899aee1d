-- bot_counts: sessions and events of bots on the touched dates.
-- reads: rows_for_gold_conversion_metrics
-- result: counts
SELECT
  CAST(COALESCE(sum(bot_sessions), 0) AS BIGINT) AS bot_sessions,  -- sessions of bots [sessions]
  CAST(COALESCE(sum(bot_events), 0) AS BIGINT) AS bot_events       -- events of bots [events]
FROM rows_for_gold_conversion_metrics
