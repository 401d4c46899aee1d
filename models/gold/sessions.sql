-- gold_sessions: one row per session_id. Holds the sessions that are new or have changed, even if only in their
-- visitor or session number.
-- grain: session_id
-- files by: session_date
-- refresh: session of replaced_sessions on touched_dates, renumbered_dates
-- reads: computed_sessions, session_numbers
-- reads: sessions_on_renumbered_dates = gold_sessions, only session_date in renumbered_dates
WITH changed AS (
  SELECT
    c.session_id, c.session_date, c.user_id, c.anonymous_id, c.derived_from, c.device, c.country, c.landing_page, c.source, c.medium, c.campaign, c.channel, c.start_hour, c.started_at, c.ended_at, c.duration_seconds,
    c.event_count, c.page_view_count, c.product_view_count, c.add_to_cart_count, c.checkout_count,
    c.purchase_count, c.product_count, c.order_count, c.revenue, c.is_bot, c.is_bounce, c.is_engaged, c.has_product_view, c.has_add_to_cart,
    c.has_purchase, c.is_cart_abandoned, c.funnel_step
  FROM computed_sessions AS c
  UNION ALL
  SELECT
    g.session_id, g.session_date, g.user_id, g.anonymous_id, g.derived_from, g.device, g.country, g.landing_page, g.source, g.medium, g.campaign, g.channel, g.start_hour, g.started_at, g.ended_at, g.duration_seconds,
    g.event_count, g.page_view_count, g.product_view_count, g.add_to_cart_count, g.checkout_count,
    g.purchase_count, g.product_count, g.order_count, g.revenue, g.is_bot, g.is_bounce, g.is_engaged, g.has_product_view, g.has_add_to_cart,
    g.has_purchase, g.is_cart_abandoned, g.funnel_step
  FROM sessions_on_renumbered_dates AS g
  WHERE g.session_id IN (SELECT r.session_id FROM session_numbers AS r WHERE r.is_renumbered)
)
SELECT
  CAST(s.session_id AS STRING) AS session_id,                     -- identity of the session, as the shop names it (with the prefix session_id= if it looks like a derived one); derived: derived_from, @, and started_at in microseconds since 1970
  CAST(s.session_date AS DATE) AS session_date,                   -- date of started_at, in the time zone of the shop
  CAST(n.visitor_id AS STRING) AS visitor_id,                     -- user_id, else the user that its anonymous_id is linked with in gold_identities, else anonymous_id, else session_id
  CAST(s.user_id AS STRING) AS user_id,                           -- first user_id of its events (by event_timestamp, then event_id); null: none has one
  CAST(s.anonymous_id AS STRING) AS anonymous_id,                 -- first anonymous_id of its events (by event_timestamp, then event_id); null: none has one
  CAST(s.derived_from AS STRING) AS derived_from,                 -- anonymous_id=… or user_id=…: the owner of the events that the session was derived from; null: its id was sent
  CAST(s.device AS STRING) AS device,                             -- device of the first event; null: not sent
  CAST(s.country AS STRING) AS country,                           -- country of the first event; null: not sent
  CAST(s.landing_page AS STRING) AS landing_page,                 -- path of the first page that one of its events names, without query, or its group of landing_pages; null: none names one
  CAST(s.source AS STRING) AS source,                             -- where the visitor came from, in lower case: campaign source, network of the click id, or site of the referrer; (direct): none of them
  CAST(s.medium AS STRING) AS medium,                             -- kind of traffic, in lower case: campaign medium, else cpc, organic, referral …; (none): direct
  CAST(s.campaign AS STRING) AS campaign,                         -- name of the campaign; null: none
  CAST(s.channel AS STRING) AS channel,                           -- channel by the rules of Google Analytics 4's default channel groups
  CAST(s.start_hour AS INT) AS start_hour,                        -- hour of started_at, in the time zone of the shop [0 to 23]
  CAST(s.started_at AS TIMESTAMP_LTZ) AS started_at,              -- time of the first event [UTC, microseconds]
  CAST(s.ended_at AS TIMESTAMP_LTZ) AS ended_at,                  -- time of the last event [UTC, microseconds]
  CAST(s.duration_seconds AS DECIMAL(18,3)) AS duration_seconds,  -- ended_at minus started_at, cut to milliseconds [s]
  CAST(s.event_count AS BIGINT) AS event_count,                   -- events in the session [events]
  CAST(s.page_view_count AS BIGINT) AS page_view_count,           -- page_view events [events]
  CAST(s.product_view_count AS BIGINT) AS product_view_count,     -- product_view events [events]
  CAST(s.add_to_cart_count AS BIGINT) AS add_to_cart_count,       -- add_to_cart events [events]
  CAST(s.checkout_count AS BIGINT) AS checkout_count,             -- checkout events [events]
  CAST(s.purchase_count AS BIGINT) AS purchase_count,             -- purchase events, repeated deliveries of an order included [events]
  CAST(s.product_count AS BIGINT) AS product_count,               -- distinct product_id in its events; does not add up across sessions [products]
  CAST(s.order_count AS BIGINT) AS order_count,                   -- orders whose earliest purchase event is in the session [orders]
  CAST(s.revenue AS DECIMAL(18,2)) AS revenue,                    -- revenue of those orders, before refunds, as sent if money.currency is not set; capped at 16 digits before the point [units of money.currency]
  CAST(n.session_number AS INT) AS session_number,                -- position among the visitor's sessions by started_at, then session_id [1 = first]
  CAST(s.is_bot AS BOOLEAN) AS is_bot,                            -- the first user agent of its events is a bot's, and it has no order; left out of metrics unless bots: include
  CAST(s.is_bounce AS BOOLEAN) AS is_bounce,                      -- the session has a single event
  CAST(s.is_engaged AS BOOLEAN) AS is_engaged,                    -- longer than 10 seconds, or an order, or at least two page or product views
  CAST(s.has_product_view AS BOOLEAN) AS has_product_view,        -- at least one product_view
  CAST(s.has_add_to_cart AS BOOLEAN) AS has_add_to_cart,          -- at least one add_to_cart
  CAST(s.has_purchase AS BOOLEAN) AS has_purchase,                -- at least one order
  CAST(s.is_cart_abandoned AS BOOLEAN) AS is_cart_abandoned,      -- an add_to_cart and no order in the session
  CAST(s.funnel_step AS INT) AS funnel_step                       -- steps of the closed funnel reached in order [0 none, 1 product view, 2 cart, 3 checkout, 4 purchase]
FROM changed AS s
JOIN session_numbers AS n ON n.session_id = s.session_id
