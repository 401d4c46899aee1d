-- known_ids: event ids of Silver that probably occur in the batch again (they have the same hash), and their
-- dates.
-- reads: parsed_events
-- reads: events_with_sent_ids = silver_events, only event_id in sent_ids, event_date in sent_dates
-- result: kept
SELECT e.event_id, e.event_date
FROM events_with_sent_ids AS e
WHERE text_hash(e.event_id) IN (SELECT p.id_hash FROM parsed_events AS p WHERE p.reason IS NULL)
