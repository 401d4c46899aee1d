-- gold_rfm: one row per visitor with an order: how recently, how often and for how much they have bought, with
-- quintiles among all buyers. Every row depends on all buyers, so a run with a new or changed order recomputes
-- all rows. The quintile is 1, plus one for each full fifth of the buyers with a lower value: equal values have
-- the same quintile.
-- grain: visitor_id
-- refresh: full when rows_for_gold_orders
-- reads: rows_for_gold_orders, previous_visitor_orders
-- reads: rfm_so_far = gold_rfm, only when rows_for_gold_orders
WITH
-- Visitors of new and changed orders, before and after this run. The totals of all others stay.
changed_buyers AS (
  SELECT visitor_id FROM rows_for_gold_orders
  UNION
  SELECT p.visitor_id
  FROM previous_visitor_orders AS p
  JOIN rows_for_gold_orders AS r ON r.order_id = p.order_id
),
orders AS (
  SELECT visitor_id, order_date, reported_net_revenue
  FROM rows_for_gold_orders
  UNION ALL
  SELECT p.visitor_id, p.order_date, p.reported_net_revenue
  FROM previous_visitor_orders AS p
  ANTI JOIN rows_for_gold_orders AS r ON r.order_id = p.order_id
  WHERE p.visitor_id IN (SELECT c.visitor_id FROM changed_buyers AS c)
),
buyers AS (
  SELECT
    visitor_id, max(order_date) AS last_order_date, count(*) AS order_count,
    money(sum(CAST(reported_net_revenue AS DECIMAL(28,2)))) AS revenue
  FROM orders
  WHERE visitor_id IS NOT NULL
  GROUP BY visitor_id
  UNION ALL
  SELECT g.visitor_id, g.last_order_date, g.order_count, g.revenue
  FROM rfm_so_far AS g
  ANTI JOIN changed_buyers AS c ON c.visitor_id = g.visitor_id
),
-- rank() - 1 is the number of buyers with a lower value.
ranked AS (
  SELECT
    visitor_id, last_order_date, order_count, revenue,
    max(last_order_date) OVER () AS newest_order_date,
    count(*) OVER () AS buyer_count,
    CAST(rank() OVER (ORDER BY last_order_date) - 1 AS BIGINT) AS less_recent,
    CAST(rank() OVER (ORDER BY order_count) - 1 AS BIGINT) AS less_frequent,
    CAST(rank() OVER (ORDER BY revenue) - 1 AS BIGINT) AS less_monetary
  FROM buyers
),
scored AS (
  SELECT
    visitor_id, last_order_date, newest_order_date, order_count, revenue,
    CAST(1 + floor(rate(5 * less_recent, buyer_count)) AS INT) AS recency,
    CAST(1 + floor(rate(5 * less_frequent, buyer_count)) AS INT) AS frequency,
    CAST(1 + floor(rate(5 * less_monetary, buyer_count)) AS INT) AS monetary
  FROM ranked
)
SELECT
  CAST(visitor_id AS STRING) AS visitor_id,              -- the visitor, as in gold_users
  CAST(last_order_date AS DATE) AS last_order_date,      -- date of the visitor's last order, in the time zone of the shop
  CAST(days_between(last_order_date, newest_order_date) AS INT) AS days_since_last_order,  -- days from that date to the newest date of any visitor's order [days]
  CAST(order_count AS BIGINT) AS order_count,            -- orders of the visitor [orders]
  CAST(revenue AS DECIMAL(18,2)) AS revenue,             -- sum of reported_net_revenue of those orders, an order without a rate counts 0; capped at 16 digits before the point [units of money.currency]
  CAST(recency AS INT) AS recency_quintile,              -- quintile by last_order_date [1 to 5, 5: the most recent]
  CAST(frequency AS INT) AS frequency_quintile,          -- quintile by order_count [1 to 5, 5: the most orders]
  CAST(monetary AS INT) AS monetary_quintile,            -- quintile by revenue [1 to 5, 5: the most revenue]
  CAST(concat(CAST(recency AS STRING), CAST(frequency AS STRING), CAST(monetary AS STRING)) AS STRING) AS rfm  -- the three quintiles as digits: 555 are the best buyers
FROM scored
