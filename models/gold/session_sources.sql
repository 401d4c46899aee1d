-- session_sources: the traffic source of each touched session: from its first event with campaign fields or a
-- click id, else from the referrer of its first page, unless that is the shop itself or a payment provider.
-- reads: session_totals
WITH tagged AS (
  SELECT
    session_id, tags,
    COALESCE(tags.source, tags.medium, tags.name) IS NOT NULL AS has_campaign,
    nullif(url_site(entry.referrer), url_site(entry.page_url)) AS site
  FROM session_totals
),
-- Patterns are costly, so they are applied to distinct sites and sources only.
sites AS (
  SELECT site, site_kind(site) AS kind
  FROM (SELECT DISTINCT site FROM tagged WHERE site IS NOT NULL) AS s
  WHERE NOT is_ignored_site(site)
),
sourced AS (
  SELECT
    t.session_id,
    CASE
      WHEN t.has_campaign THEN COALESCE(lower_ascii(trim_to_null(t.tags.source)), '(not set)')
      WHEN t.tags.click IS NOT NULL THEN click_source(t.tags.click)
      WHEN s.kind = 'search' THEN search_engine(s.site)
      ELSE COALESCE(s.site, '(direct)')
    END AS source,
    CASE
      WHEN t.has_campaign THEN COALESCE(lower_ascii(trim_to_null(t.tags.medium)), '(not set)')
      WHEN t.tags.click IS NOT NULL THEN click_medium(t.tags.click)
      WHEN s.kind = 'search' THEN 'organic'
      WHEN s.kind = 'ai' THEN 'ai-assistant'
      WHEN s.kind IS NOT NULL THEN 'referral'
      ELSE '(none)'
    END AS medium,
    trim_to_null(t.tags.name) AS campaign
  FROM tagged AS t
  LEFT JOIN sites AS s ON s.site = t.site
),
channels AS (
  SELECT source, medium, campaign, traffic_channel(source, medium, campaign, site_kind(source)) AS channel
  FROM (SELECT DISTINCT source, medium, COALESCE(lower_ascii(campaign), '') AS campaign FROM sourced) AS d
)
SELECT s.session_id, s.source, s.medium, s.campaign, c.channel
FROM sourced AS s
JOIN channels AS c
  ON c.source = s.source AND c.medium = s.medium AND c.campaign = COALESCE(lower_ascii(s.campaign), '')
