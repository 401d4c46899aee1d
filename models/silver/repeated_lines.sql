-- repeated_lines: the valid lines of the batch whose event id may not be unique, each with its content as one value.
-- reads: parsed_events, suspect_ids
-- result: kept
SELECT
  p.*,
  event_content(
    p.user_id, p.anonymous_id, p.session_id, p.event_type, p.product_id, p.device, p.country,
    p.event_timestamp, p.page_url, p.referrer, p.order_id, p.currency, p.user_agent, p.campaign_source,
    p.campaign_medium, p.campaign_name, p.click_id, p.quantity, p.price, p.order_value, p.tax,
    p.shipping, p.discount
  ) AS content
FROM parsed_events AS p
WHERE p.reason IS NULL AND p.id_hash IN (SELECT s.id_hash FROM suspect_ids AS s)
