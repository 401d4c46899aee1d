-- unreadable_numbers: new valid events with a value that is not a number, so that the column is null. Counted
-- by which columns these are, one bit each (src/contract/fields.ts, NUMBER_FIELDS).
-- reads: accepted_events
-- result: counts
SELECT
  CAST(unreadable_numbers AS INT) AS unreadable_numbers,
  CAST(count(*) AS BIGINT) AS event_count
FROM accepted_events
WHERE unreadable_numbers > 0
GROUP BY unreadable_numbers
