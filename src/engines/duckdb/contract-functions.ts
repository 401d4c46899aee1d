/** Functions for the models that are generated from the event contract and the settings. */
import { FIELD_NAMES } from '../../contract/fields.ts';
import type { GoldRules } from '../../contract/gold-rules.ts';
import { EXCHANGE_RATES } from '../../contract/money.ts';
import { botPattern, MAX_AGENT_LENGTH, OTHER_CHARACTER } from '../bot-pattern.ts';
import { channelFunctions } from '../channels.ts';
import { type EventTypeRules, eventTypeName, isAmong, isIgnoredType } from '../event-types.ts';
import { assumedCurrency, exchangeRatesSql, reportedAmount } from '../exchange-rates.ts';
import { landingPageOf } from '../landing-pages.ts';
import { shopTimeFunctions } from '../shop-time.ts';
import { SHOP_TIME } from './shop-time.ts';
import { literal } from './sql-text.ts';

const MICROS_PER_MINUTE = 60_000_000;

/** `eventTypes` is indexed by mapping number. */
export function contractFunctions(
  eventTypes: readonly EventTypeRules[],
  rules: GoldRules,
): string[] {
  const names = FIELD_NAMES.filter((name) => name !== 'event_id');
  return [
    // A function rather than a table: columns from a join would be copied again when they are
    // staged.
    define('named_event_type(mapping, type)', eventTypeName(eventTypes, literal)),
    define('is_ignored_type(mapping, type)', isIgnoredType(eventTypes, literal)),
    define('is_checkout_skipped()', String(rules.skipCheckout)),
    define('session_timeout_micros()', String(rules.sessionTimeoutMinutes * MICROS_PER_MINUTE)),
    define('is_every_session_derived()', String(rules.deriveSessions === 'always')),
    ...shopTimeFunctions(rules.timeZone, SHOP_TIME).map(({ name, parameter, body }) =>
      define(`${name}(${parameter.name})`, body),
    ),
    define('is_left_out(is_bot)', rules.bots === 'exclude' ? 'is_bot' : 'false'),
    // Expensive, so apply it to distinct user agents only.
    define(
      'is_bot_agent(user_agent)',
      `COALESCE(regexp_matches(left(regexp_replace(trim_to_null(user_agent), '[^ -~]', ${literal(OTHER_CHARACTER)}, 'g'), ${MAX_AGENT_LENGTH}), ${literal(botPattern())}), false)`,
    ),
    // The order of a purchase. Without an order id, the purchase is an order of its own.
    define(
      'order_key(id, event_id)',
      `CASE WHEN id IS NULL OR ${isAmong('id', rules.ignoredOrderIds, literal)} THEN 'event_id=' || event_id ELSE id END`,
    ),
    ...channelFunctions(rules.sites, {
      hasForm: (text, pattern) => `regexp_full_match(${text}, ${literal(pattern)})`,
      literal,
    }).map(({ name, parameters, body }) => define(`${name}(${parameters.join(', ')})`, body)),
    define('landing_page_of(path)', landingPageOf(rules.landingPages, literal)),
    define('assumed_currency()', assumedCurrency(rules.money, literal)),
    define('reported(amount, rate)', reportedAmount(rules.money)),
    `CREATE OR REPLACE TABLE ${EXCHANGE_RATES} AS ${exchangeRatesSql(rules.money, literal)}`,
    // All contract fields of a delivered event as one value, to compare deliveries.
    define(
      `event_content(${names.map((name) => `sent_${name}`).join(', ')})`,
      `{${names.map((name) => `${literal(name)}: sent_${name}`).join(', ')}}`,
    ),
  ];
}

function define(signature: string, body: string): string {
  return `CREATE OR REPLACE MACRO ${signature} AS ${body}`;
}
