-- The traffic source of each session: campaign fields, else the network of a click id, else the site of the
-- referrer.
SELECT
  l.session_id,
  recount.landing_page_of(l.landing_page) AS landing_page,
  CASE
    WHEN l.is_tagged THEN coalesce(l.tag_source, '(not set)')
    WHEN l.tags.click IS NOT NULL THEN coalesce(k.source, '(not set)')
    WHEN s.kind = 'search' THEN s.name
    ELSE coalesce(s.site, '(direct)')
  END AS source,
  CASE
    WHEN l.is_tagged THEN coalesce(l.tag_medium, '(not set)')
    WHEN l.tags.click IS NOT NULL THEN coalesce(k.medium, 'cpc')
    WHEN s.kind = 'search' THEN 'organic'
    WHEN s.kind = 'ai' THEN 'ai-assistant'
    WHEN s.site IS NOT NULL THEN 'referral'
    ELSE '(none)'
  END AS medium,
  recount.filled(l.tags.name) AS campaign
FROM (
  SELECT
    *,
    tags.source IS NOT NULL OR tags.medium IS NOT NULL OR tags.name IS NOT NULL AS is_tagged,
    recount.small(recount.filled(tags.source)) AS tag_source,
    recount.small(recount.filled(tags.medium)) AS tag_medium
  FROM recount.session_links
) AS l
LEFT JOIN recount.click_networks AS k ON k.name = split_part(l.tags.click, '=', 1)
LEFT JOIN recount.sites AS s ON s.site = l.referrer_site AND s.site IS DISTINCT FROM l.own_site
