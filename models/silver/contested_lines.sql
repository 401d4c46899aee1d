-- contested_lines: lines of an event id that arrived with more than one content. Only for these does the raw text
-- matter: it decides which comes first, and quarantine keeps it. Within the batch everything that a line
-- leaves behind counts as content: the declared fields and the counts of the run summary too. What Silver holds
-- already has won, so towards it the columns of the contract are enough.
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
