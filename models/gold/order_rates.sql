-- order_rates: what one unit of a currency is worth in the reporting currency, on the days of the touched orders and
-- refunds. Days first: there are few of them.
-- reads: order_lines, exchange_rates
WITH days AS (
  SELECT DISTINCT COALESCE(currency, assumed_currency()) AS currency, shop_date(event_timestamp) AS date
  FROM order_lines
)
SELECT d.currency, d.date, r.rate
FROM days AS d
JOIN exchange_rates AS r ON r.currency = d.currency AND r.first_date <= d.date AND r.last_date >= d.date
