-- repeated_verdicts: what becomes of each line whose event id is not its alone: 'first', 'duplicate' or 'conflict'.
-- The first received wins: what Silver holds, then the earlier file, then, within a file, the smaller
-- (event_timestamp, raw text). The others are judged against the winner only.
-- reads: repeated_lines, known_events, known_ids
-- reads: contested_texts = raw lines of contested_lines
-- result: kept
WITH deliveries AS (
  SELECT
    l.*,
    t.raw_text AS contested_text,
    row_number() OVER (
      PARTITION BY l.event_id
      ORDER BY l.file_number, l.event_timestamp, t.raw_text
    ) AS delivery_number
  FROM repeated_lines AS l
  LEFT JOIN contested_texts AS t ON t.file_number = l.file_number AND t.line_key = l.line_key
),
winners AS (
  SELECT
    event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price, true AS is_known
  FROM known_events
  UNION ALL
  SELECT
    event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price, false AS is_known
  FROM deliveries AS d
  ANTI JOIN known_ids AS k ON k.event_id = d.event_id
  WHERE delivery_number = 1
)
SELECT
  d.*,
  CASE
    WHEN d.delivery_number = 1 AND NOT w.is_known THEN 'first'
    WHEN d.user_id = w.user_id
      AND d.session_id = w.session_id
      AND d.event_type = w.event_type
      AND d.event_timestamp = w.event_timestamp
      AND d.product_id IS NOT DISTINCT FROM w.product_id
      AND d.device IS NOT DISTINCT FROM w.device
      AND d.country IS NOT DISTINCT FROM w.country
      AND d.page_url IS NOT DISTINCT FROM w.page_url
      AND d.referrer IS NOT DISTINCT FROM w.referrer
      AND d.order_id IS NOT DISTINCT FROM w.order_id
      AND d.currency IS NOT DISTINCT FROM w.currency
      AND d.quantity IS NOT DISTINCT FROM w.quantity
      AND d.price IS NOT DISTINCT FROM w.price
    THEN 'duplicate'
    ELSE 'conflict'
  END AS verdict
FROM deliveries AS d
JOIN winners AS w ON w.event_id = d.event_id
