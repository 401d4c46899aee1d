-- identified_devices: devices that a new event names together with a user.
-- reads: new_events
SELECT DISTINCT anonymous_id FROM new_events WHERE anonymous_id IS NOT NULL AND user_id IS NOT NULL
