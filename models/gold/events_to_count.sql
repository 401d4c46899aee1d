-- events_to_count: all events, old and new, of exactly the dates that have new events.
-- reads: events_on_utc_dates_to_count = silver_events, only event_date in utc_dates_to_count
-- reads: new_event_dates
-- in full: silver_events
SELECT
  event_id, event_type, device, country, event_timestamp, user_agent
FROM events_on_utc_dates_to_count
WHERE shop_date(event_timestamp) IN (SELECT n.date FROM new_event_dates AS n)
