/**
 * Collects the settings that Gold depends on. Not in settings.ts, because this module loads the
 * lists of sites.
 */
import { DEFAULT_GOLD_RULES, type GoldRules } from '../contract/gold-rules.ts';
import type { RuleSettings } from './settings.ts';
import { builtInSites } from './sites.ts';

/** The rules of Gold for these settings; defaults for those that are not set. */
export function goldRules({
  funnel,
  sessions,
  reporting,
  bots,
  orders,
  money,
  sites,
  landingPages,
}: RuleSettings): GoldRules {
  return {
    ...funnel,
    sessionTimeoutMinutes: sessions?.timeoutMinutes ?? DEFAULT_GOLD_RULES.sessionTimeoutMinutes,
    deriveSessions: sessions?.derive ?? DEFAULT_GOLD_RULES.deriveSessions,
    timeZone: reporting?.timeZone ?? DEFAULT_GOLD_RULES.timeZone,
    bots: bots ?? DEFAULT_GOLD_RULES.bots,
    ignoredOrderIds: orders?.ignoredIds ?? DEFAULT_GOLD_RULES.ignoredOrderIds,
    money: money ?? DEFAULT_GOLD_RULES.money,
    sites: sites ?? builtInSites(),
    landingPages: landingPages ?? DEFAULT_GOLD_RULES.landingPages,
  };
}
