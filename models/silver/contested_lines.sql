-- contested_lines: lines whose event id arrived with more than one content. Only for these is the raw text
-- needed: it decides which line comes first, and quarantine stores it. Within the batch, content means
-- everything a line contributes, including declared fields and the counts of the run summary. An event that is
-- in Silver already wins in any case, so there the columns of the contract are compared.
-- reads: repeated_lines, known_events
-- result: kept
WITH batch_contents AS (
  SELECT DISTINCT event_id, content, unreadable_numbers, declared FROM repeated_lines
),
all_contents AS (
  SELECT event_id, content FROM repeated_lines
  UNION
  SELECT event_id, content FROM known_events
),
contested AS (
  SELECT event_id FROM batch_contents GROUP BY event_id HAVING count(*) > 1
  UNION
  SELECT event_id FROM all_contents GROUP BY event_id HAVING count(*) > 1
)
SELECT DISTINCT l.file_number, l.line_key
FROM repeated_lines AS l
WHERE l.event_id IN (SELECT c.event_id FROM contested AS c)
