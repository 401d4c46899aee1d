-- touched_owners: whose derived sessions the new events can change.
-- reads: new_unassigned_events
-- result: kept
SELECT DISTINCT derived_from FROM new_unassigned_events
