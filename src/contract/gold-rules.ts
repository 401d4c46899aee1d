/**
 * The settings that the numbers of Gold depend on. The engines make functions of them for the models, and
 * gold_sessions keeps them as properties: when one changes, the next run computes Gold anew.
 */
import { fingerprintOf, timeZone, UTC } from './time-zone.ts';

export interface GoldRules {
  /** The shop sends no checkout events: a purchase follows the cart directly. */
  skipCheckout: boolean;
  /** A pause of this many minutes or more ends a derived session. */
  sessionTimeoutMinutes: number;
  /** Whether sessions are derived for events without a session id, or for all events. */
  deriveSessions: 'missing' | 'always';
  /** IANA name of the time zone whose days and hours Gold counts by. */
  timeZone: string;
  /** Whether sessions and events of bots count in metrics. */
  bots: 'include' | 'exclude';
  /** Order ids that stand for none, as they are sent. */
  ignoredOrderIds: readonly string[];
}

export const DEFAULT_GOLD_RULES: GoldRules = {
  skipCheckout: false,
  sessionTimeoutMinutes: 30,
  deriveSessions: 'missing',
  timeZone: UTC,
  bots: 'exclude',
  ignoredOrderIds: [],
};

/** Where a rule is set and where a table keeps it. */
export const RULE_NAMES: Readonly<Record<keyof GoldRules, { setting: string; property: string }>> =
  {
    skipCheckout: { setting: 'funnel.skip_checkout', property: 'clicklake.skipCheckout' },
    sessionTimeoutMinutes: {
      setting: 'sessions.timeout_minutes',
      property: 'clicklake.sessionTimeoutMinutes',
    },
    deriveSessions: { setting: 'sessions.derive', property: 'clicklake.deriveSessions' },
    timeZone: { setting: 'reporting.time_zone', property: 'clicklake.timeZone' },
    bots: { setting: 'bots', property: 'clicklake.bots' },
    ignoredOrderIds: { setting: 'orders.ignore_ids', property: 'clicklake.ignoredOrderIds' },
  };

/** Another Node can know other offsets of the same zone. */
const OFFSETS_PROPERTY = 'clicklake.timeZoneOffsets';

/** Another version of the list can know other bots. */
const BOT_LIST_PROPERTY = 'clicklake.botList';

/** The package that lists the bots, as it is pinned. */
export const BOT_LIST = 'isbot 5.2.3';

/** The rules as properties of a table. */
export function ruleProperties(rules: GoldRules): Record<string, string> {
  const entries = Object.entries(RULE_NAMES).map(([rule, { property }]) => [
    property,
    propertyText(rules[rule as keyof GoldRules]),
  ]);
  return {
    ...Object.fromEntries(entries),
    [OFFSETS_PROPERTY]: fingerprintOf(timeZone(rules.timeZone)),
    [BOT_LIST_PROPERTY]: BOT_LIST,
  };
}

function propertyText(value: GoldRules[keyof GoldRules]): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The setting of the first rule that a table does not have as it is now; undefined: it has all. */
export function changedRule(
  rules: GoldRules,
  properties: Readonly<Record<string, string>>,
): string | undefined {
  const wanted = ruleProperties(rules);
  const [property] = Object.keys(wanted).filter((name) => properties[name] !== wanted[name]);
  const rule = Object.values(RULE_NAMES).find((each) => each.property === property);
  if (property === BOT_LIST_PROPERTY) {
    return 'the list of bots';
  }
  return rule?.setting ?? (property && `the table of offsets of ${RULE_NAMES.timeZone.setting}`);
}
