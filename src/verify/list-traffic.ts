/** Lists sites, click ids and channels for the recount of traffic sources. */
import type { SiteRules } from '../contract/sites.ts';
import { channelOf, isListed, kindOfSite } from './channel.ts';
import type { RecountSession } from './duckdb-contract.ts';
import { insertRows, textLiteral } from './insert-rows.ts';

/**
 * Source and medium by the parameter name of a click id. fbclid and epik are on every link of their
 * sites, so they do not mean a paid click.
 */
const CLICK_NETWORKS: Readonly<Record<string, [source: string, medium: string]>> = {
  gclid: ['google', 'cpc'],
  gbraid: ['google', 'cpc'],
  wbraid: ['google', 'cpc'],
  dclid: ['google', 'display'],
  msclkid: ['bing', 'cpc'],
  fbclid: ['facebook', 'social'],
  ttclid: ['tiktok', 'cpc'],
  twclid: ['twitter', 'cpc'],
  li_fat_id: ['linkedin', 'cpc'],
  epik: ['pinterest', 'social'],
};

/**
 * Lists the sites of referrers that are not ignored, with their kinds, and the networks of click
 * ids.
 */
export async function listSites(session: RecountSession, rules: SiteRules): Promise<void> {
  await session.run(
    'CREATE TABLE recount.click_networks (name VARCHAR, source VARCHAR, medium VARCHAR)',
  );
  await insertRows(
    session,
    'click_networks',
    Object.entries(CLICK_NETWORKS).map(
      ([name, [source, medium]]) => `('${name}', '${source}', '${medium}')`,
    ),
  );
  await session.run('CREATE TABLE recount.sites (site VARCHAR, kind VARCHAR, name VARCHAR)');
  const found = await session.rows(
    'SELECT DISTINCT referrer_site FROM recount.session_links WHERE referrer_site IS NOT NULL',
  );
  const sites = found
    .map(([site]) => String(site))
    .filter((site) => !isListed(site, [...rules.own, ...rules.ignored]));
  await insertRows(
    session,
    'sites',
    sites.map(
      (site) =>
        `(${textLiteral(site)}, '${kindOfSite(site, rules)}', ${textLiteral(engineName(site))})`,
    ),
  );
}

/** The label before the country's domain: google in google.co.uk. */
function engineName(site: string): string {
  const labels = site.split('.');
  const ending = labels.at(-1) ?? '';
  const isShort = labels.length > 2 && ['co', 'com'].includes(labels.at(-2) ?? '');
  const name = labels.at(isShort ? -3 : -2) ?? '';
  return labels.length > 1 && /^[a-z]{2,3}$/.test(ending) && /^[a-z0-9-]+$/.test(name)
    ? name
    : site;
}

/** Creates `recount.channels`: the channel of each distinct source, medium and campaign. */
export async function listChannels(session: RecountSession, rules: SiteRules): Promise<void> {
  await session.run(
    'CREATE TABLE recount.channels (source VARCHAR, medium VARCHAR, campaign VARCHAR, channel VARCHAR)',
  );
  const found = await session.rows(
    'SELECT DISTINCT source, medium, campaign, recount.small(campaign) FROM recount.session_traffic',
  );
  const rows = found.map(([source, medium, campaign, small]) => {
    const channel = channelOf(String(source), String(medium), String(small ?? ''), rules);
    const name = campaign === null ? 'NULL' : textLiteral(String(campaign));
    return `(${textLiteral(String(source))}, ${textLiteral(String(medium))}, ${name}, '${channel}')`;
  });
  await insertRows(session, 'channels', rows);
}
