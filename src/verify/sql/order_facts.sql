-- Each order without its refunds. The amounts of the whole order come from its earliest purchase event, by
-- time, then by the bytes of event_id. The rate is the last one on or before its date.
WITH first_events AS (
  SELECT
    order_id,
    arg_min(
      {'event_id': event_id, 'micros': event_micros, 'currency': currency, 'value': order_value_hundredths,
       'tax': tax_hundredths, 'shipping': shipping_hundredths, 'discount': discount_hundredths},
      {'at': event_micros, 'id': event_id}
    ) FILTER (NOT is_refund) AS first_event,
    count(DISTINCT event_id) FILTER (NOT is_refund) AS delivery_count
  FROM recount.purchase_lines
  GROUP BY order_id
),
rated AS (
  SELECT
    -- Without a date there is no rate, but the ASOF join may return one.
    o.*, CASE WHEN o.order_date IS NOT NULL THEN r.rate END AS rate
  FROM (
    SELECT
      f.*,
      CAST(recount.shop_time(f.first_event.micros, c.clock) AS DATE) AS order_date,
      coalesce(f.first_event.currency, s.assumed_currency) AS currency
    FROM first_events AS f
    CROSS JOIN recount.settings AS s
    LEFT JOIN recount.clocks AS c ON c.utc_date = CAST(make_timestamp(f.first_event.micros) AS DATE)
  ) AS o
  ASOF LEFT JOIN recount.rates AS r ON r.currency = o.currency AND r.date <= o.order_date
),
items AS (
  SELECT
    order_id,
    count(*) AS item_count,
    sum(quantity) AS quantity,
    sum(CAST(coalesce(price_hundredths, 0) AS HUGEINT) * quantity) AS hundredths
  FROM recount.order_products
  GROUP BY order_id
)
SELECT
  f.order_id,
  f.first_event.event_id AS first_event_id,
  f.first_event.micros AS ordered_micros,
  f.order_date,
  CASE WHEN f.delivery_count > 0 THEN f.currency END AS currency,
  f.rate AS exchange_rate,
  coalesce(i.item_count, 0) AS item_count,
  coalesce(i.quantity, 0) AS quantity,
  recount.money(coalesce(i.hundredths, 0)) AS items_value,
  recount.hundredths(f.first_event.tax) AS tax,
  recount.hundredths(f.first_event.shipping) AS shipping,
  recount.hundredths(f.first_event.discount) AS discount,
  recount.money(coalesce(f.first_event.value, i.hundredths, 0)) AS revenue,
  recount.reported(f.first_event.tax, f.rate) AS reported_tax,
  recount.reported(f.first_event.shipping, f.rate) AS reported_shipping,
  recount.reported(f.first_event.discount, f.rate) AS reported_discount,
  CASE WHEN f.delivery_count = 0 THEN 0
    ELSE recount.reported(coalesce(f.first_event.value, i.hundredths, 0), f.rate) END AS reported_revenue,
  f.delivery_count
FROM rated AS f
LEFT JOIN items AS i ON i.order_id = f.order_id
