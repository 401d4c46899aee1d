-- new_devices: every anonymous_id among the new events.
-- reads: new_events
SELECT DISTINCT anonymous_id FROM new_events WHERE anonymous_id IS NOT NULL
