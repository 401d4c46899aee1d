-- Event ids that Silver holds and the batch may hold again (they have the same hash), and the dates they
-- lie on.
SELECT e.event_id, e.event_date
FROM silver_events AS e
WHERE text_hash(e.event_id) IN (SELECT p.id_hash FROM parsed_events AS p WHERE p.reason IS NULL)
