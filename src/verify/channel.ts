/**
 * Determines channels with plain text comparisons. All texts are lower case; `''` is a missing
 * value.
 */
import { type Channel, SITE_KINDS, type SiteKind, type SiteRules } from '../contract/sites.ts';

const EMAIL = new Set(['email', 'e-mail', 'e_mail', 'e mail']);
const DISPLAY = new Set(['display', 'banner', 'expandable', 'interstitial', 'cpm']);
const SOCIAL = new Set([
  ...['social', 'social-network', 'social-media', 'sm', 'social network', 'social media'],
]);

/**
 * The kind of the first list that contains the source. Assistants come first, because some are on a
 * search engine's domain.
 */
export function kindOfSite(source: string, sites: SiteRules): SiteKind | '' {
  const order: SiteKind[] = ['ai', ...SITE_KINDS.filter((kind) => kind !== 'ai')];
  return order.find((kind) => isListed(source, sites[kind])) ?? '';
}

export function isListed(source: string, entries: readonly string[]): boolean {
  return entries.some((entry) => isEntry(source, entry));
}

function isEntry(source: string, entry: string): boolean {
  if (entry.endsWith('.*')) {
    return source === entry.slice(0, -2) || isInAnyCountry(source, entry.slice(0, -2));
  }
  const subdomain = source.endsWith(`.${entry}`) ? source.slice(0, -entry.length) : '/';
  return source === entry || (entry.includes('.') && !subdomain.includes('/'));
}

/** Matches google.de, google.co.uk and www.google.com, but not mail.google.com. */
function isInAnyCountry(source: string, site: string): boolean {
  const start = source.indexOf(`${site}.`);
  const before = source.slice(0, Math.max(start, 0));
  const isBefore = before === '' || /^(?:www|m|[a-z]{2})\.$/.test(before);
  const endings = source.slice(start + site.length + 1).split('.');
  return (
    start >= 0 &&
    isBefore &&
    endings.length <= 2 &&
    endings.every((each) => /^[a-z]{2,3}$/.test(each))
  );
}

/** The channel by the rules of Google Analytics 4, in their order; the first that matches. */
export function channelOf(
  source: string,
  medium: string,
  campaign: string,
  sites: SiteRules,
): Channel {
  const kind = kindOfSite(source, sites);
  const isPaid =
    medium.includes('cp') || medium.startsWith('paid') || ['ppc', 'retargeting'].includes(medium);
  const isShopping = kind === 'shopping' || namesShop(campaign);
  const rules: [channel: Channel, isMet: boolean][] = [
    ['Direct', source === '(direct)' && (medium === '(none)' || medium === '(not set)')],
    ['Cross-network', campaign.includes('cross-network')],
    ['Paid Shopping', isPaid && isShopping],
    ['Paid Search', isPaid && kind === 'search'],
    ['Paid Social', isPaid && kind === 'social'],
    ['Paid Video', isPaid && kind === 'video'],
    ['Display', DISPLAY.has(medium)],
    ['Paid Other', isPaid],
    ['Organic Shopping', isShopping],
    ['Organic Social', kind === 'social' || SOCIAL.has(medium)],
    ['Organic Video', kind === 'video' || medium.includes('video')],
    ['Organic Search', kind === 'search' || medium === 'organic'],
    ['Referral', ['referral', 'app', 'link'].includes(medium)],
    ['Email', EMAIL.has(source) || EMAIL.has(medium)],
    ['Affiliates', medium === 'affiliate'],
    ['Audio', medium === 'audio'],
    ['SMS', source === 'sms' || medium === 'sms'],
    ['Mobile Push Notifications', isPush(medium) || source === 'firebase'],
    ['AI Assistants', kind === 'ai' || medium === 'ai-assistant'],
  ];
  return rules.find(([, isMet]) => isMet)?.[0] ?? 'Unassigned';
}

function isPush(medium: string): boolean {
  return medium.endsWith('push') || medium.includes('mobile') || medium.includes('notification');
}

/**
 * Matches shopping anywhere, and shop unless it follows a letter other than e: eshop matches,
 * workshop does not.
 */
function namesShop(campaign: string): boolean {
  for (let at = campaign.indexOf('shop'); at >= 0; at = campaign.indexOf('shop', at + 1)) {
    const before = campaign[at - 1];
    if (before === undefined || before === 'e' || !/[a-z]/.test(before)) {
      return true;
    }
    if (campaign.startsWith('shopping', at)) {
      return true;
    }
  }
  return false;
}
