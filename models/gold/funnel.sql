-- gold_funnel: one row per session date, device, country and channel; every count adds up across rows. Sessions of bots
-- are left out unless bots: include.
-- grain: session_date, device, country, channel
-- refresh: date on changed_session_dates
-- reads: changed_sessions
-- reads: funnel_on_changed_dates = gold_funnel, only session_date in changed_session_dates
WITH counts AS (
  SELECT
    session_date, device, country, channel,
    sessions, reached_product_view, reached_add_to_cart, reached_checkout, reached_purchase
  FROM funnel_on_changed_dates
  UNION ALL
  SELECT
    session_date, device, country, channel,
    change AS sessions,
    CASE WHEN funnel_step >= 1 THEN change ELSE 0 END AS reached_product_view,
    CASE WHEN funnel_step >= 2 THEN change ELSE 0 END AS reached_add_to_cart,
    CASE WHEN funnel_step >= 3 THEN change ELSE 0 END AS reached_checkout,
    CASE WHEN funnel_step >= 4 THEN change ELSE 0 END AS reached_purchase
  FROM changed_sessions
  WHERE NOT is_left_out(is_bot)
)
SELECT
  CAST(session_date AS DATE) AS session_date,                                                 -- date on which the sessions started, in the time zone of the shop
  CAST(device AS STRING) AS device,                                                           -- device of the sessions; null: not sent
  CAST(country AS STRING) AS country,                                                         -- country of the sessions; null: not sent
  CAST(channel AS STRING) AS channel,                                                         -- channel of the sessions
  CAST(sum(sessions) AS BIGINT) AS sessions,                                                  -- sessions that started on the date [sessions]
  CAST(sum(reached_product_view) AS BIGINT) AS reached_product_view,                          -- of these, viewed a product [sessions]
  CAST(sum(reached_add_to_cart) AS BIGINT) AS reached_add_to_cart,                            -- of those, then added to the cart [sessions]
  CAST(CASE WHEN NOT is_checkout_skipped()
    THEN sum(reached_checkout) END AS BIGINT) AS reached_checkout,                            -- of those, then began the checkout [sessions]; null: funnel.skip_checkout is set
  CAST(sum(reached_purchase) AS BIGINT) AS reached_purchase                                   -- of those, then purchased [sessions]
FROM counts
GROUP BY session_date, device, country, channel
HAVING sum(sessions) > 0
