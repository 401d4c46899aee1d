-- contested_lines: lines of an event id that arrived with more than one content: only for these does the raw text
-- matter, to tell the first from the others and to be kept in quarantine. Within the batch everything
-- that a line leaves behind counts as content, the declared fields and the run's report included; what
-- Silver holds already has won, so towards it the contract's columns are enough.
-- reads: repeated_lines, known_events
-- result: kept
WITH batch_contents AS (
  SELECT DISTINCT
    event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price,
    is_quantity_unreadable, is_price_unreadable, declared
  FROM repeated_lines
),
all_contents AS (
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
  SELECT event_id FROM batch_contents GROUP BY event_id HAVING count(*) > 1
  UNION
  SELECT event_id FROM all_contents GROUP BY event_id HAVING count(*) > 1
)
SELECT DISTINCT l.file_number, l.line_key
FROM repeated_lines AS l
WHERE l.event_id IN (SELECT c.event_id FROM contested AS c)
