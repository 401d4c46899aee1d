/** Sites that determine where a visit came from. */

/** The kinds of sites in the rules for channels. */
export const SITE_KINDS = ['search', 'social', 'video', 'shopping', 'ai'] as const;

export type SiteKind = (typeof SITE_KINDS)[number];

/**
 * Entries, in lower case: hosts, including their subdomains; hosts that end with .*, for any
 * country's domain (also the name alone); or names without a dot.
 */
export interface SiteRules extends Readonly<Record<SiteKind, readonly string[]>> {
  /** The shop's own sites: links from them are not the source of a visit. */
  own: readonly string[];
  /** Sites that send visitors back during a visit, such as payment providers. */
  ignored: readonly string[];
}

export const NO_SITES: SiteRules = {
  search: [],
  social: [],
  video: [],
  shopping: [],
  ai: [],
  own: [],
  ignored: [],
};

/** Google Analytics 4's default channel groups, in the order of their rules. */
export const CHANNELS = [
  'Direct',
  'Cross-network',
  'Paid Shopping',
  'Paid Search',
  'Paid Social',
  'Paid Video',
  'Display',
  'Paid Other',
  'Organic Shopping',
  'Organic Social',
  'Organic Video',
  'Organic Search',
  'Referral',
  'Email',
  'Affiliates',
  'Audio',
  'SMS',
  'Mobile Push Notifications',
  'AI Assistants',
  'Unassigned',
] as const;

export type Channel = (typeof CHANNELS)[number];
