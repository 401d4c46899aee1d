/**
 * The settings that the numbers of Gold depend on. Engines generate functions for the models from
 * them. Each Gold table stores them as properties: if one changes, the next run recomputes Gold.
 */
import { fingerprint } from './fingerprint.ts';
import type { LandingPageGroup } from './landing-pages.ts';
import { AMOUNTS_AS_SENT, lastRateDate, type MoneyRules, ratesFingerprint } from './money.ts';
import { NO_SITES, type SiteRules } from './sites.ts';
import { fingerprintOf, timeZone, UTC } from './time-zone.ts';

export interface GoldRules {
  /** Whether the shop sends no checkout events, so that a purchase follows the cart directly. */
  skipCheckout: boolean;
  /** A pause of this many minutes or more ends a derived session. */
  sessionTimeoutMinutes: number;
  /** Whether sessions are derived for events without a session id, or for all events. */
  deriveSessions: 'missing' | 'always';
  /** IANA name of the time zone for the days and hours of Gold. */
  timeZone: string;
  /** Whether sessions and events of bots count in metrics. */
  bots: 'include' | 'exclude';
  /** Placeholder order ids, as they are sent. */
  ignoredOrderIds: readonly string[];
  /** How amounts of other currencies are converted. */
  money: MoneyRules;
  /** Sites that determine where a visit came from. */
  sites: SiteRules;
  /** Groups of landing pages. The first group that matches is used. */
  landingPages: readonly LandingPageGroup[];
}

export const DEFAULT_GOLD_RULES: GoldRules = {
  skipCheckout: false,
  sessionTimeoutMinutes: 30,
  deriveSessions: 'missing',
  timeZone: UTC,
  bots: 'exclude',
  ignoredOrderIds: [],
  money: AMOUNTS_AS_SENT,
  sites: NO_SITES,
  landingPages: [],
};

/** A setting that Gold depends on, and the property that stores the value it was computed with. */
interface KeptRule {
  /** The name that users know. */
  setting: string;
  property: string;
  value: (rules: GoldRules) => string;
}

export const TIME_ZONE_PROPERTY = 'clicklake.timeZone';
export const BOTS_PROPERTY = 'clicklake.bots';
export const CURRENCY_PROPERTY = 'clicklake.currency';

/** The pinned package with the list of bots. */
export const BOT_LIST = 'isbot 5.2.3';

const OFFSETS = 'the table of offsets of reporting.time_zone';

const KEPT_RULES: readonly KeptRule[] = [
  {
    setting: 'funnel.skip_checkout',
    property: 'clicklake.skipCheckout',
    value: ({ skipCheckout }) => String(skipCheckout),
  },
  {
    setting: 'sessions.timeout_minutes',
    property: 'clicklake.sessionTimeoutMinutes',
    value: ({ sessionTimeoutMinutes }) => String(sessionTimeoutMinutes),
  },
  {
    setting: 'sessions.derive',
    property: 'clicklake.deriveSessions',
    value: ({ deriveSessions }) => deriveSessions,
  },
  {
    setting: 'reporting.time_zone',
    property: TIME_ZONE_PROPERTY,
    value: ({ timeZone: name }) => name,
  },
  {
    // Another version of Node may have other offsets for the same zone.
    setting: OFFSETS,
    property: 'clicklake.timeZoneOffsets',
    value: ({ timeZone: name }) => fingerprintOf(timeZone(name)),
  },
  { setting: 'bots', property: BOTS_PROPERTY, value: ({ bots }) => bots },
  { setting: 'the list of bots', property: 'clicklake.botList', value: () => BOT_LIST },
  {
    setting: 'orders.ignore_ids',
    property: 'clicklake.ignoredOrderIds',
    value: ({ ignoredOrderIds }) => JSON.stringify(ignoredOrderIds),
  },
  {
    setting: 'money.currency',
    property: CURRENCY_PROPERTY,
    value: ({ money }) => money.currency ?? '',
  },
  {
    setting: 'money.assume',
    property: 'clicklake.assumedCurrency',
    value: ({ money }) => money.assume ?? '',
  },
  {
    setting: 'channels or sites',
    property: 'clicklake.sites',
    value: ({ sites }) => fingerprint([JSON.stringify(sites)]),
  },
  {
    setting: 'landing_pages',
    property: 'clicklake.landingPages',
    value: ({ landingPages }) =>
      fingerprint([JSON.stringify(landingPages.map(({ group, paths }) => [group, paths]))]),
  },
];

const RATES_PROPERTY = 'clicklake.rates';
const LAST_RATE_PROPERTY = 'clicklake.lastRate';

/** The rules as properties of a table. */
export function ruleProperties(rules: GoldRules): Record<string, string> {
  const { rates } = rules.money;
  return {
    ...Object.fromEntries(KEPT_RULES.map(({ property, value }) => [property, value(rules)])),
    [RATES_PROPERTY]: ratesFingerprint(rates),
    [LAST_RATE_PROPERTY]: lastRateDate(rates) ?? '',
  };
}

/**
 * The settings whose stored value differs from the present one. Exchange rates for later days may
 * have been added, since these change no earlier amount.
 */
export function changedRules(
  rules: GoldRules,
  properties: Readonly<Record<string, string>>,
): string[] {
  const changed = KEPT_RULES.filter(({ property, value }) => properties[property] !== value(rules));
  const known = ratesFingerprint(rules.money.rates, properties[LAST_RATE_PROPERTY] ?? '');
  const settings = new Set(changed.map(({ setting }) => setting));
  if (settings.has('reporting.time_zone')) {
    settings.delete(OFFSETS);
  }
  return known === properties[RATES_PROPERTY] ? [...settings] : [...settings, 'money.rates'];
}

/**
 * The first of some settings (by user-visible name) whose value differs in these rules; undefined:
 * all are equal.
 */
export function differingRule(
  rules: GoldRules,
  wanted: Readonly<Record<string, string>>,
): { setting: string; is: string; wanted: string } | undefined {
  return KEPT_RULES.map(({ setting, value }) => ({
    setting,
    is: value(rules),
    wanted: wanted[setting] ?? value(rules),
  })).find((rule) => rule.is !== rule.wanted);
}

/**
 * The first day with rates that were added since the table was written; undefined: none were added.
 */
export function firstAddedRate(
  { money }: GoldRules,
  properties: Readonly<Record<string, string>>,
): string | undefined {
  const last = properties[LAST_RATE_PROPERTY] ?? '';
  return money.rates
    .map(({ date }) => date)
    .filter((date) => date > last)
    .toSorted()
    .at(0);
}
