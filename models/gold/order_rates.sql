-- order_rates: the value of one unit of a currency in the reporting currency, on the dates of the touched
-- orders and refunds. Joined by date first, because there are few dates.
-- reads: order_lines, exchange_rates
WITH days AS (
  SELECT DISTINCT COALESCE(currency, assumed_currency()) AS currency, shop_date(event_timestamp) AS date
  FROM order_lines
)
SELECT d.currency, d.date, r.rate
FROM days AS d
JOIN exchange_rates AS r ON r.currency = d.currency AND r.first_date <= d.date AND r.last_date >= d.date
