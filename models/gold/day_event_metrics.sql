-- Event counts of the dates concerned as they are now: computed in this run, or kept.
SELECT date, event_type, event_count FROM new_event_metrics
UNION ALL
SELECT date, event_type, event_count FROM kept_event_metrics
