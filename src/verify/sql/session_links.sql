-- Of each session what the first of its events with campaign fields or a click id says of the link, and the sites of
-- the first page and of its referrer, each as sent but for its case.
WITH links AS (
  SELECT
    session_id,
    arg_min({'page': page_url, 'referrer': referrer}, {'at': event_micros, 'id': event_id})
      FILTER (page_url IS NOT NULL OR referrer IS NOT NULL) AS first_page,
    arg_min(
      {'source': campaign_source, 'medium': campaign_medium, 'name': campaign_name, 'click': click_id},
      {'at': event_micros, 'id': event_id}
    ) FILTER (NOT (campaign_source IS NULL AND campaign_medium IS NULL AND campaign_name IS NULL AND click_id IS NULL))
      AS tags
  FROM recount.session_events
  GROUP BY session_id
)
SELECT
  session_id, tags,
  recount.site_of(first_page.referrer) AS referrer_site,
  recount.site_of(first_page.page) AS own_site,
  recount.path_of(first_page.page) AS landing_page
FROM links
