-- gold_funnel: one row per session date, device, country and channel; every count adds up across rows. Sessions of bots
-- are left out unless bots: include.
-- grain: session_date, device, country, channel
-- refresh: date on changed_session_dates
-- reads: sessions_of_changed_dates
SELECT
  CAST(session_date AS DATE) AS session_date,                                                 -- date on which the sessions started, in the time zone of the shop
  CAST(device AS STRING) AS device,                                                           -- device of the sessions; null: not sent
  CAST(country AS STRING) AS country,                                                         -- country of the sessions; null: not sent
  CAST(channel AS STRING) AS channel,                                                         -- channel of the sessions
  CAST(count(*) AS BIGINT) AS sessions,                                                       -- sessions that started on the date [sessions]
  CAST(count(CASE WHEN funnel_step >= 1 THEN 1 END) AS BIGINT) AS reached_product_view,       -- of these, viewed a product [sessions]
  CAST(count(CASE WHEN funnel_step >= 2 THEN 1 END) AS BIGINT) AS reached_add_to_cart,        -- of those, then added to the cart [sessions]
  CAST(CASE WHEN NOT is_checkout_skipped()
    THEN count(CASE WHEN funnel_step >= 3 THEN 1 END) END AS BIGINT) AS reached_checkout,            -- of those, then began the checkout [sessions]; null: funnel.skip_checkout is set
  CAST(count(CASE WHEN funnel_step >= 4 THEN 1 END) AS BIGINT) AS reached_purchase            -- of those, then purchased [sessions]
FROM sessions_of_changed_dates
WHERE NOT is_left_out(is_bot)
GROUP BY session_date, device, country, channel
