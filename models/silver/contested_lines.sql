-- Lines whose event id is claimed by more than one content: only for these does the raw text matter,
-- to tell the first from the others and to be kept in quarantine.
WITH contents AS (
  SELECT
    event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price
  FROM repeated_lines
  UNION
  SELECT
    event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price
  FROM known_events
),
contested AS (
  SELECT event_id FROM contents GROUP BY event_id HAVING count(*) > 1
)
SELECT DISTINCT l.file_number, l.line_key
FROM repeated_lines AS l
WHERE l.event_id IN (SELECT c.event_id FROM contested AS c)
