-- event_metrics_of_touched_dates: current event counts of the touched dates: recomputed in this run, or
-- unchanged.
-- reads: rows_for_gold_event_metrics, new_event_dates, touched_dates
-- reads: event_metrics_on_touched_dates = gold_event_metrics, only date in touched_dates
SELECT date, event_type, event_count, bot_event_count FROM rows_for_gold_event_metrics
UNION ALL
SELECT date, event_type, event_count, bot_event_count FROM event_metrics_on_touched_dates
WHERE date IN (SELECT t.date FROM touched_dates AS t)
  AND date NOT IN (SELECT n.date FROM new_event_dates AS n)
