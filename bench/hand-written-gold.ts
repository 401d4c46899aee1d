/** The items and the Gold tables of the hand-written job, with the columns of Clicklake's. */

/** From the events `e`: no event here lists several. */
export const items = `
  SELECT event_id, 1 AS item_number, event_date, event_timestamp, event_type, session_id, order_id, currency,
    product_id, NULL AS product_name, NULL AS category, NULL AS brand, NULL AS variant, price, quantity
  FROM e WHERE product_id IS NOT NULL`;

/** From the events `e`: the user who was last on each device. */
export const identities = `
  SELECT anonymous_id, last_one.user_id AS user_id, last_one.identified_at AS identified_at,
    last_one.identified_by AS identified_by, first_seen_at, last_seen_at
  FROM (
    SELECT anonymous_id, min(event_timestamp) AS first_seen_at, max(event_timestamp) AS last_seen_at,
      max_by({user_id: user_id, identified_at: event_timestamp, identified_by: event_id},
        row(event_timestamp, event_id)) FILTER (WHERE user_id IS NOT NULL) AS last_one
    FROM e WHERE anonymous_id IS NOT NULL GROUP BY anonymous_id
  )`;

/** From the events `e` and `identities`; as a temporary table `sessions` the source of most of the others. */
export const sessions = `
  WITH facts AS (
    SELECT session_id, min_by({d: device, c: country}, row(event_timestamp, event_id)) AS v,
      min_by(user_id, row(event_timestamp, event_id)) FILTER (WHERE user_id IS NOT NULL) AS user_id,
      min_by(anonymous_id, row(event_timestamp, event_id)) FILTER (WHERE anonymous_id IS NOT NULL) AS anonymous_id,
      min(event_timestamp) AS started_at, max(event_timestamp) AS ended_at, count(*) AS event_count,
      count(*) FILTER (event_type = 'page_view') AS page_view_count,
      count(*) FILTER (event_type = 'product_view') AS product_view_count,
      count(*) FILTER (event_type = 'add_to_cart') AS add_to_cart_count,
      count(*) FILTER (event_type = 'checkout') AS checkout_count,
      count(*) FILTER (event_type = 'purchase') AS purchase_count,
      sum(price * COALESCE(quantity, 1)) FILTER (WHERE event_type = 'purchase') AS revenue
    FROM e WHERE event_type <> 'refund' GROUP BY session_id
  ),
  products AS (
    SELECT session_id, count(*) AS product_count
    FROM (SELECT DISTINCT session_id, product_id FROM e WHERE product_id IS NOT NULL) GROUP BY 1
  ),
  steps AS (
    SELECT session_id, event_type, event_timestamp AS t FROM e
    WHERE event_type IN ('product_view', 'add_to_cart', 'checkout', 'purchase')
      AND session_id IN (SELECT session_id FROM facts WHERE add_to_cart_count > 0)
  ),
  s1 AS (SELECT session_id, min(t) AS t FROM steps WHERE event_type = 'product_view' GROUP BY 1),
  s2 AS (SELECT steps.session_id, min(steps.t) AS t FROM steps JOIN s1 USING (session_id)
    WHERE event_type = 'add_to_cart' AND steps.t >= s1.t GROUP BY 1),
  s3 AS (SELECT steps.session_id, min(steps.t) AS t FROM steps JOIN s2 USING (session_id)
    WHERE event_type = 'checkout' AND steps.t >= s2.t GROUP BY 1),
  s4 AS (SELECT DISTINCT steps.session_id FROM steps JOIN s3 USING (session_id)
    WHERE event_type = 'purchase' AND steps.t >= s3.t)
  SELECT f.session_id, CAST(started_at AS DATE) AS session_date,
    COALESCE(f.user_id, i.user_id, f.anonymous_id, f.session_id) AS visitor_id, f.user_id, f.anonymous_id,
    CAST(NULL AS VARCHAR) AS derived_from, v.d AS device, v.c AS country,
    started_at, ended_at,
    CAST(CAST((epoch_us(ended_at) - epoch_us(started_at)) // 1000 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3)) AS duration_seconds,
    event_count, page_view_count, product_view_count, add_to_cart_count, checkout_count, purchase_count,
    COALESCE(product_count, 0) AS product_count, CAST(COALESCE(revenue, 0) AS DECIMAL(18, 2)) AS revenue,
    row_number() OVER (PARTITION BY COALESCE(f.user_id, i.user_id, f.anonymous_id, f.session_id)
      ORDER BY started_at, f.session_id) AS session_number,
    -- No event here names a user agent, so that there are no bots.
    false AS is_bot, event_count = 1 AS is_bounce,
    epoch_us(ended_at) - epoch_us(started_at) >= 10001000 OR purchase_count > 0
      OR page_view_count + product_view_count >= 2 AS is_engaged, product_view_count > 0 AS has_product_view,
    add_to_cart_count > 0 AS has_add_to_cart, purchase_count > 0 AS has_purchase,
    add_to_cart_count > 0 AND purchase_count = 0 AS is_cart_abandoned,
    CASE WHEN s4.session_id IS NOT NULL THEN 4 WHEN s3.session_id IS NOT NULL THEN 3
      WHEN s2.session_id IS NOT NULL THEN 2 WHEN product_view_count > 0 THEN 1 ELSE 0 END AS funnel_step
  FROM facts AS f LEFT JOIN identities AS i ON i.anonymous_id = f.anonymous_id LEFT JOIN products AS p ON p.session_id = f.session_id
    LEFT JOIN s2 ON s2.session_id = f.session_id LEFT JOIN s3 ON s3.session_id = f.session_id
    LEFT JOIN s4 ON s4.session_id = f.session_id`;

/** By file name, from `e`, `identities` and `sessions`. */
export const goldTables: Readonly<Record<string, string>> = {
  identities: 'SELECT * FROM identities',
  sessions: 'SELECT * FROM sessions',
  users: `
    SELECT visitor_id, count(*) AS session_count, CAST(sum(event_count) AS BIGINT) AS event_count,
      CAST(sum(purchase_count) AS BIGINT) AS purchase_count, CAST(sum(revenue) AS DECIMAL(18, 2)) AS revenue,
      min(started_at) AS first_seen_at, max(ended_at) AS last_seen_at, sum(purchase_count) > 0 AS is_buyer
    FROM sessions GROUP BY visitor_id`,
  event_metrics: `
    SELECT event_date AS date, event_type, device, country, count(*) AS event_count, 0 AS bot_event_count
    FROM e GROUP BY ALL`,
  products: `
    SELECT date, product_id, views, add_to_carts, purchases, revenue,
      add_to_carts::DOUBLE / nullif(views, 0)::DOUBLE AS view_to_cart_rate,
      purchases::DOUBLE / nullif(add_to_carts, 0)::DOUBLE AS cart_to_purchase_rate
    FROM (
      SELECT event_date AS date, product_id, count(*) FILTER (event_type = 'product_view') AS views,
        count(*) FILTER (event_type = 'add_to_cart') AS add_to_carts,
        count(*) FILTER (event_type = 'purchase') AS purchases,
        CAST(COALESCE(sum(price * COALESCE(quantity, 1)) FILTER (WHERE event_type = 'purchase'), 0)
          AS DECIMAL(18, 2)) AS revenue
      FROM e WHERE product_id IS NOT NULL GROUP BY ALL
    )`,
  funnel: `
    SELECT session_date, device, country, count(*) AS sessions,
      count(*) FILTER (funnel_step >= 1) AS reached_product_view, count(*) FILTER (funnel_step >= 2) AS reached_add_to_cart,
      count(*) FILTER (funnel_step >= 3) AS reached_checkout, count(*) FILTER (funnel_step >= 4) AS reached_purchase
    FROM sessions GROUP BY ALL`,
  conversion_metrics: `
    WITH events AS (
      SELECT event_date AS date, count(*) FILTER (event_type = 'page_view') AS page_views,
        count(*) FILTER (event_type = 'product_view') AS product_views,
        count(*) FILTER (event_type = 'add_to_cart') AS add_to_carts, count(*) FILTER (event_type = 'checkout') AS checkouts,
        count(*) FILTER (event_type = 'purchase') AS purchases
      FROM e GROUP BY event_date
    ),
    visits AS (
      SELECT session_date AS date, count(*) AS sessions, count(DISTINCT visitor_id) AS visitors,
        count(*) FILTER (has_product_view) AS viewed, count(*) FILTER (has_add_to_cart) AS carted,
        count(*) FILTER (has_purchase) AS bought, count(*) FILTER (has_add_to_cart AND has_purchase) AS carted_and_bought,
        count(*) FILTER (is_bounce) AS bounces, count(*) FILTER (is_engaged) AS engaged_sessions
      FROM sessions GROUP BY session_date
    )
    SELECT events.*, COALESCE(sessions, 0) AS sessions, COALESCE(visitors, 0) AS visitors,
      COALESCE(viewed, 0) AS sessions_with_product_view, COALESCE(carted, 0) AS sessions_with_add_to_cart,
      COALESCE(bought, 0) AS sessions_with_purchase,
      COALESCE(carted_and_bought, 0) AS sessions_with_cart_and_purchase, COALESCE(bounces, 0) AS bounces,
      COALESCE(engaged_sessions, 0) AS engaged_sessions, 0 AS bot_sessions, 0 AS bot_events,
      viewed::DOUBLE / nullif(sessions, 0)::DOUBLE AS product_view_rate,
      carted::DOUBLE / nullif(viewed, 0)::DOUBLE AS add_to_cart_rate,
      carted_and_bought::DOUBLE / nullif(carted, 0)::DOUBLE AS cart_to_purchase_rate,
      bought::DOUBLE / nullif(sessions, 0)::DOUBLE AS conversion_rate,
      1 - carted_and_bought::DOUBLE / nullif(carted, 0)::DOUBLE AS cart_abandonment_rate,
      bounces::DOUBLE / nullif(sessions, 0)::DOUBLE AS bounce_rate,
      engaged_sessions::DOUBLE / nullif(sessions, 0)::DOUBLE AS engagement_rate,
      purchases::DOUBLE / nullif(product_views, 0)::DOUBLE AS purchases_per_product_view,
      purchases::DOUBLE / nullif(add_to_carts, 0)::DOUBLE AS purchases_per_add_to_cart
    FROM events LEFT JOIN visits USING (date)`,
};
