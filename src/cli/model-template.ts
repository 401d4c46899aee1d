/** The text of a new model: a working table with every line explained. */
export function renderModelTemplate(name: string): string {
  return `-- gold_${name}: one row per date and country of the sessions.
-- The line above names the table and says what a row is. docs/models.md explains the lines below.
-- grain: date, country
-- partition: date
-- refresh: date
-- reads: gold_sessions
-- check: warn buyers <= sessions
SELECT
  -- Every column: CAST(... AS <type>) AS <name>, then its meaning and unit in a comment.
  CAST(session_date AS DATE) AS date,                               -- date on which the sessions started; the partition
  CAST(country AS STRING) AS country,                               -- country of the sessions; null: not sent
  CAST(count(*) AS BIGINT) AS sessions,                             -- sessions [sessions]
  CAST(count(CASE WHEN has_purchase THEN 1 END) AS BIGINT) AS buyers, -- of these, with a purchase [sessions]
  CAST(money(sum(revenue)) AS DECIMAL(18,2)) AS revenue             -- revenue of the sessions [units of currency]
FROM gold_sessions
GROUP BY session_date, country
`;
}
