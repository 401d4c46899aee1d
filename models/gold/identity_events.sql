-- identity_events: the new events, which can link a device with a user.
-- reads: new_events
-- in full: silver_events
SELECT event_id, anonymous_id, user_id, event_timestamp FROM new_events
