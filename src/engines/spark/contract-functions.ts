/** SQL functions for the models, derived from the event contract and the settings. */
import { CONTRACT_FIELDS, type FieldKind } from '../../contract/fields.ts';
import type { GoldRules } from '../../contract/gold-rules.ts';
import { EXCHANGE_RATES } from '../../contract/money.ts';
import { botPattern, MAX_AGENT_LENGTH, OTHER_CHARACTER } from '../bot-pattern.ts';
import { channelFunctions } from '../channels.ts';
import { type EventTypeRules, eventTypeName, isAmong, isIgnoredType } from '../event-types.ts';
import { assumedCurrency, exchangeRatesSql, RATE_TYPE, reportedAmount } from '../exchange-rates.ts';
import { landingPageOf } from '../landing-pages.ts';
import { shopTimeFunctions } from '../shop-time.ts';
import { SHOP_TIME } from './shop-time.ts';
import { literal } from './sql-text.ts';

const MICROS_PER_MINUTE = 60_000_000;

const TYPES: Readonly<Record<FieldKind, string>> = {
  text: 'STRING',
  lower: 'STRING',
  upper: 'STRING',
  instant: 'TIMESTAMP',
  quantity: 'INT',
  amount: 'DECIMAL(18, 2)',
};

/** `eventTypes`: by number of the mapping. */
export function contractFunctions(
  eventTypes: readonly EventTypeRules[],
  rules: GoldRules,
): string[] {
  const fields = CONTRACT_FIELDS.filter(({ name }) => name !== 'event_id');
  const members = fields.map(({ name, kind }) => `${name}: ${TYPES[kind]}`);
  const values = fields.map(({ name }) => `${literal(name)}, sent_${name}`);
  return [
    define(
      'named_event_type(mapping INT, type STRING)',
      'STRING',
      eventTypeName(eventTypes, literal),
    ),
    define(
      'is_ignored_type(mapping INT, type STRING)',
      'BOOLEAN',
      isIgnoredType(eventTypes, literal),
    ),
    define('is_checkout_skipped()', 'BOOLEAN', String(rules.skipCheckout)),
    define(
      'session_timeout_micros()',
      'BIGINT',
      String(rules.sessionTimeoutMinutes * MICROS_PER_MINUTE),
    ),
    define('is_every_session_derived()', 'BOOLEAN', String(rules.deriveSessions === 'always')),
    ...shopTimeFunctions(rules.timeZone, SHOP_TIME).map(({ name, parameter, returns, body }) =>
      define(`${name}(${parameter.name} ${parameter.type})`, returns, body),
    ),
    define('is_left_out(is_bot BOOLEAN)', 'BOOLEAN', rules.bots === 'exclude' ? 'is_bot' : 'false'),
    // Costly: for distinct user agents only.
    define(
      'is_bot_agent(user_agent STRING)',
      'BOOLEAN',
      `COALESCE(left(regexp_replace(trim_to_null(user_agent), '[^ -~]', ${literal(OTHER_CHARACTER)}), ${MAX_AGENT_LENGTH}) RLIKE ${literal(botPattern())}, false)`,
    ),
    // The order that a purchase tells of: one of its own where no id was sent.
    define(
      'order_key(id STRING, event_id STRING)',
      'STRING',
      `CASE WHEN id IS NULL OR ${isAmong('id', rules.ignoredOrderIds, literal)} THEN 'event_id=' || event_id ELSE id END`,
    ),
    ...channelFunctions(rules.sites, {
      hasForm: (text, pattern) => `${text} RLIKE ${literal(`^(?:${pattern})\\z`)}`,
      literal,
    }).map(({ name, parameters, returns, body }) =>
      define(
        `${name}(${parameters.map((parameter) => `${parameter} STRING`).join(', ')})`,
        returns,
        body,
      ),
    ),
    define('landing_page_of(path STRING)', 'STRING', landingPageOf(rules.landingPages, literal)),
    define('assumed_currency()', 'STRING', assumedCurrency(rules.money, literal)),
    define(
      `reported(amount DECIMAL(18, 2), rate ${RATE_TYPE})`,
      'DECIMAL(18, 2)',
      reportedAmount(rules.money),
    ),
    `CREATE OR REPLACE TEMPORARY VIEW ${EXCHANGE_RATES} AS ${exchangeRatesSql(rules.money, literal)};`,
    // All fields of a delivered event as one value.
    define(
      `event_content(${fields.map(({ name, kind }) => `sent_${name} ${TYPES[kind]}`).join(', ')})`,
      `STRUCT<${members.join(', ')}>`,
      `named_struct(${values.join(', ')})`,
    ),
  ];
}

function define(signature: string, type: string, body: string): string {
  return `CREATE OR REPLACE TEMPORARY FUNCTION ${signature} RETURNS ${type} RETURN ${body};`;
}
