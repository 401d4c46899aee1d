-- parsed_events: every line of the batch, with the first reason to reject it (null: a valid event).
-- reads: bronze_lines
-- result: batch lines
WITH named AS (
  SELECT
    *,
    named_event_type(mapping_number, sent_type) AS event_type,
    is_ignored_type(mapping_number, sent_type) AS is_ignored
  FROM bronze_lines
)
SELECT
  *,
  CASE
    WHEN problem IS NOT NULL THEN problem
    -- An ignored event is not rejected: it is counted, and stays in Bronze only.
    WHEN is_ignored THEN 'ignored'
    WHEN event_id IS NULL THEN 'missing:event_id'
    WHEN user_id IS NULL AND anonymous_id IS NULL AND session_id IS NULL THEN 'missing:user_id'
    WHEN sent_type IS NULL THEN 'missing:event_type'
    WHEN NOT is_timestamp_sent THEN 'missing:event_timestamp'
    WHEN product_id IS NULL AND items IS NULL AND event_type = 'product_view' THEN 'missing:product_id'
    WHEN event_type IS NULL THEN 'unknown_event_type'
    WHEN event_timestamp IS NULL THEN 'bad_timestamp'
    WHEN event_timestamp < TIMESTAMP '2000-01-01 00:00:00'
      -- One day in microseconds: the sender's clock may be wrong by that much.
      OR unix_micros(event_timestamp) - unix_micros(received_at) > 86400000000 THEN 'timestamp_out_of_range'
  END AS reason,
  text_hash(event_id) AS id_hash,
  utc_date(event_timestamp) AS event_date
FROM named
