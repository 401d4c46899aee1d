/** Sites that tell where a visit came from. */

/** Kinds of sites that the rules of channels name. */
export const SITE_KINDS = ['search', 'social', 'video', 'shopping', 'ai'] as const;

export type SiteKind = (typeof SITE_KINDS)[number];

/**
 * Entries are hosts (which stand for their subdomains too), hosts with .* at their end (any country's ending, and
 * the name alone), or names without a dot. Lower case.
 */
export interface SiteRules extends Readonly<Record<SiteKind, readonly string[]>> {
  /** The shop's own sites: who comes from them comes from nowhere. */
  own: readonly string[];
  /** Sites that send visitors back in the middle of a visit, such as payment providers. */
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
