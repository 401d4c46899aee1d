/** What a measure is. */
export interface Measure {
  name: string;
  /** Display folder. */
  folder: string;
  /** Format string of Power BI. */
  format: string;
  description: string;
  dax: string;
  /** One SELECT of one value, the same number from Gold; undefined when Gold does not hold it. */
  sql: string | undefined;
  isHidden?: boolean;
}

export const FORMATS = {
  count: '#,0',
  one: '#,0.0',
  money: '#,0.00',
  seconds: '#,0\\ \\s',
  rate: '#,0.0%;-#,0.0%;#,0.0%',
  change: '+#,0.0%;-#,0.0%;#,0.0%',
  instant: 'yyyy-mm-dd hh:nn',
  day: 'yyyy-mm-dd',
} as const;

/** `numerator / denominator` in SQL, null without a denominator. */
export function sqlRate(numerator: string, denominator: string, rest: string): string {
  return `SELECT CAST(${numerator} AS DOUBLE) / NULLIF(${denominator}, 0) ${rest}`;
}

/** What whoever reads a sum of money has to know. */
export const MONEY_NOTE =
  'Currencies are not converted: amounts are added as sent. An order counts once per purchase event, so one sent again under a new event id counts again.';
