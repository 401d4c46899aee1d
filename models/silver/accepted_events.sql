-- accepted_events: the new events of the batch: valid lines whose event id is unique, and the first of each id
-- that is not.
-- reads: parsed_events, suspect_ids, repeated_verdicts
SELECT
  file_number, event_id, user_id, anonymous_id, session_id, event_type, product_id, device, country,
  event_timestamp, page_url, referrer, order_id, currency, user_agent, campaign_source, campaign_medium,
  campaign_name, click_id, quantity, price, order_value, tax, shipping, discount, items, event_date, declared,
  unreadable_numbers
FROM parsed_events AS p
ANTI JOIN suspect_ids AS s ON s.id_hash = p.id_hash
WHERE reason IS NULL
UNION ALL
SELECT
  file_number, event_id, user_id, anonymous_id, session_id, event_type, product_id, device, country,
  event_timestamp, page_url, referrer, order_id, currency, user_agent, campaign_source, campaign_medium,
  campaign_name, click_id, quantity, price, order_value, tax, shipping, discount, items, event_date, declared,
  unreadable_numbers
FROM repeated_verdicts
WHERE verdict = 'first'
