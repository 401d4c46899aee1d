-- For each session: the campaign fields and click id of its first event that has some; the sites, in lower
-- case, of its first page and of the referrer; and the path of that page.
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
