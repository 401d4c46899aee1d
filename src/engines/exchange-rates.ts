/** The table of exchange rates for the models, in SQL that both engines understand. */
import {
  type MoneyRules,
  minorDigits,
  RATE_DIGITS,
  type RatePeriod,
  ratePeriods,
} from '../contract/money.ts';

/** The SQL type of a rate. */
export const RATE_TYPE = `DECIMAL(18,${RATE_DIGITS})`;

/**
 * Rows of currency, first_date, last_date and rate. The rate is the value of one unit of the
 * currency in the reporting currency, on these dates, inclusive. Encoded as one text per currency,
 * which is faster to parse than one value per row.
 */
export function exchangeRatesSql(money: MoneyRules, literal: (text: string) => string): string {
  const byCurrency = new Map<string, string[]>();
  for (const period of ratePeriods(money)) {
    const texts = byCurrency.get(period.currency) ?? [];
    texts.push(textOf(period));
    byCurrency.set(period.currency, texts);
  }
  const rows = [...byCurrency].map(
    ([currency, periods]) => `(${literal(currency)}, ${literal(periods.join(' '))})`,
  );
  const currencies =
    rows.length === 0
      ? 'SELECT CAST(NULL AS STRING) AS currency, CAST(NULL AS STRING) AS periods WHERE false'
      : `SELECT currency, periods FROM (VALUES ${rows.join(', ')}) AS t(currency, periods)`;
  return `SELECT
    currency,
    CAST(split_part(period, '/', 1) AS DATE) AS first_date,
    CAST(split_part(period, '/', 2) AS DATE) AS last_date,
    CAST(split_part(period, '/', 3) AS ${RATE_TYPE}) AS rate
  FROM (SELECT currency, explode(split(periods, ' ')) AS period FROM (${currencies}) AS c) AS p`;
}

function textOf({ date, lastDate, rate }: RatePeriod): string {
  return `${date}/${lastDate}/${rate}`;
}

/** SQL for the currency of events without one. */
export function assumedCurrency({ assume }: MoneyRules, literal: (text: string) => string): string {
  return assume === undefined ? 'CAST(NULL AS STRING)' : literal(assume);
}

/**
 * SQL for an amount in the reporting currency, rounded half away from zero; unchanged if no
 * reporting currency is set. The type has 19 digits so that no engine multiplies in 64 bits.
 */
export function reportedAmount({ currency }: MoneyRules): string {
  return currency === undefined
    ? 'amount'
    : `CASE WHEN amount IS NOT NULL AND rate IS NOT NULL
       THEN money(CAST(round(CAST(amount AS DECIMAL(19,2)) * CAST(rate AS ${RATE_TYPE}), ${minorDigits(currency)}) AS DECIMAL(28,2))) END`;
}
