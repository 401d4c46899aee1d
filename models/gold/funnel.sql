-- gold_funnel: one row per session date, device and country; every count adds up across rows.
SELECT
  session_date,                                                                        -- UTC date on which the sessions started; the partition
  device,                                                                              -- device of the sessions; null: not sent
  country,                                                                             -- country of the sessions; null: not sent
  CAST(count(*) AS BIGINT) AS sessions,                                                -- sessions [sessions]
  CAST(count(CASE WHEN funnel_step >= 1 THEN 1 END) AS BIGINT) AS reached_product_view, -- of them viewed a product [sessions]
  CAST(count(CASE WHEN funnel_step >= 2 THEN 1 END) AS BIGINT) AS reached_add_to_cart,  -- of them then added to the cart [sessions]
  CASE WHEN NOT is_checkout_skipped()
    THEN CAST(count(CASE WHEN funnel_step >= 3 THEN 1 END) AS BIGINT) END AS reached_checkout, -- of them then began the checkout; null when the shop sends none [sessions]
  CAST(count(CASE WHEN funnel_step >= 4 THEN 1 END) AS BIGINT) AS reached_purchase      -- of them then purchased [sessions]
FROM day_sessions
GROUP BY session_date, device, country
