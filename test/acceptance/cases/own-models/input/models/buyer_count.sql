-- gold_buyer_count: one row: how many buyers there are.
-- grain: buyers
-- refresh: full
-- reads: gold_buyers
-- check: warn buyers < 2
SELECT
  CAST(count(*) AS BIGINT) AS buyers  -- users with a purchase [users]
FROM gold_buyers
