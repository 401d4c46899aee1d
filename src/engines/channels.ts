/**
 * SQL functions, for both engines, that classify where a visit came from: Google Analytics 4's
 * default channel groups. Source: https://support.google.com/analytics/answer/9756891 (its rules,
 * in its order).
 */
import { SITE_KINDS, type SiteKind, type SiteRules } from '../contract/sites.ts';

/** SQL that differs between the two engines. */
export interface ChannelDialect {
  /**
   * SQL that tests whether the whole text matches a pattern. Patterns must mean the same in RE2 and
   * Java.
   */
  hasForm(text: string, pattern: string): string;
  literal(text: string): string;
}

export interface ChannelFunction {
  name: string;
  parameters: readonly string[];
  returns: 'STRING' | 'BOOLEAN';
  body: string;
}

/** Not `.`, because campaigns can contain line breaks. */
const ANY = '[\\s\\S]*';
const PAID = `${ANY}cp${ANY}|ppc|retargeting|paid${ANY}`;
const SHOPPING_CAMPAIGN = `${ANY}(?:(?:[^a-df-z]|^)shop|shopping)${ANY}`;
const EMAIL = ['email', 'e-mail', 'e_mail', 'e mail'];
/** A pattern that never matches. */
const NO_SITE = '(?:a^)';

/** All functions expect lower-case text, and `''` for missing values. */
export function channelFunctions(sites: SiteRules, dialect: ChannelDialect): ChannelFunction[] {
  const { hasForm } = dialect;
  const kinds = SITE_KINDS.map(
    (kind) => `WHEN ${hasForm('source', sitePattern(sites[kind]))} THEN '${kind}'`,
  );
  return [
    // Tested first, because an assistant can be on a search engine's site: gemini.google.com.
    {
      name: 'site_kind',
      parameters: ['source'],
      returns: 'STRING',
      body: `CASE ${[kinds.at(-1), ...kinds.slice(0, -1)].join(' ')} ELSE '' END`,
    },
    {
      name: 'is_ignored_site',
      parameters: ['host'],
      returns: 'BOOLEAN',
      body: hasForm('host', sitePattern([...sites.own, ...sites.ignored])),
    },
    {
      name: 'traffic_channel',
      parameters: ['source', 'medium', 'campaign', 'kind'],
      returns: 'STRING',
      body: channelOf(dialect),
    },
  ];
}

function channelOf({ hasForm, literal }: ChannelDialect): string {
  const oneOf = (text: string, names: readonly string[]) =>
    `${text} IN (${names.map(literal).join(', ')})`;
  const isPaid = hasForm('medium', PAID);
  const isKind = (kind: SiteKind) => `kind = '${kind}'`;
  const isShopping = `(${isKind('shopping')} OR ${hasForm('campaign', SHOPPING_CAMPAIGN)})`;
  const rules: [channel: string, condition: string][] = [
    ['Direct', `source = '(direct)' AND ${oneOf('medium', ['(not set)', '(none)'])}`],
    ['Cross-network', hasForm('campaign', `${ANY}cross-network${ANY}`)],
    ['Paid Shopping', `${isShopping} AND ${isPaid}`],
    ['Paid Search', `${isKind('search')} AND ${isPaid}`],
    ['Paid Social', `${isKind('social')} AND ${isPaid}`],
    ['Paid Video', `${isKind('video')} AND ${isPaid}`],
    ['Display', oneOf('medium', ['display', 'banner', 'expandable', 'interstitial', 'cpm'])],
    ['Paid Other', isPaid],
    ['Organic Shopping', isShopping],
    [
      'Organic Social',
      `${isKind('social')} OR ${oneOf('medium', ['social', 'social-network', 'social-media', 'sm', 'social network', 'social media'])}`,
    ],
    ['Organic Video', `${isKind('video')} OR ${hasForm('medium', `${ANY}video${ANY}`)}`],
    ['Organic Search', `${isKind('search')} OR medium = 'organic'`],
    ['Referral', oneOf('medium', ['referral', 'app', 'link'])],
    ['Email', `${oneOf('source', EMAIL)} OR ${oneOf('medium', EMAIL)}`],
    ['Affiliates', "medium = 'affiliate'"],
    ['Audio', "medium = 'audio'"],
    ['SMS', "source = 'sms' OR medium = 'sms'"],
    [
      'Mobile Push Notifications',
      `${hasForm('medium', `${ANY}push|${ANY}mobile${ANY}|${ANY}notification${ANY}`)} OR source = 'firebase'`,
    ],
    ['AI Assistants', `${isKind('ai')} OR medium = 'ai-assistant'`],
  ];
  const cases = rules.map(([channel, condition]) => `WHEN ${condition} THEN '${channel}'`);
  return `CASE ${cases.join(' ')} ELSE 'Unassigned' END`;
}

/**
 * One pattern for all entries of a list. Common parts are written once, because the pattern is
 * compiled at each use.
 */
function sitePattern(entries: readonly string[]): string {
  const names = entries.filter((entry) => entry.endsWith('.*')).map((entry) => entry.slice(0, -2));
  const sites = entries.filter((entry) => entry.includes('.') && !entry.endsWith('.*'));
  const words = entries.filter((entry) => !entry.includes('.'));
  const patterns = [
    // Only these subdomains belong to a search engine. Others are different sites, such as
    // mail.google.com.
    ...prefixed('(?:(?:www|m|[a-z]{2})[.])?', names, '(?:[.][a-z]{2,3}){1,2}'),
    ...prefixed('(?:[^/]*[.])?', sites, ''),
    ...prefixed('', [...names, ...words], ''),
  ];
  return patterns.length === 0 ? NO_SITE : patterns.join('|');
}

function prefixed(before: string, texts: readonly string[], after: string): string[] {
  return texts.length === 0 ? [] : [`${before}(?:${texts.map(escapePattern).join('|')})${after}`];
}

function escapePattern(text: string): string {
  return text.replace(/[^a-z0-9]/g, (character) =>
    character === ' ' ? ' ' : `[${/[\\\]^-]/.test(character) ? '\\' : ''}${character}]`,
  );
}
