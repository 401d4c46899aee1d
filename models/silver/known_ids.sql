-- Event ids of the batch that Silver holds already, and the dates they lie on.
SELECT e.event_id, e.event_date
FROM silver_events AS e
WHERE e.event_id IN (SELECT p.event_id FROM parsed_events AS p WHERE p.reason IS NULL)
