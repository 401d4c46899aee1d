/** What a measure is, and how Power BI writes its value. */
import type { MetricFormat } from '../metrics/metric.ts';

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
  two: '#,0.00',
  /** The sign of a currency that is not known, or not one. */
  money: '#,0.00\\ ¤',
  seconds: '#,0\\ \\s',
  rate: '#,0.0%;-#,0.0%;#,0.0%',
  change: '+#,0.0%;-#,0.0%;#,0.0%',
  instant: 'yyyy-mm-dd hh:nn',
  day: 'yyyy-mm-dd',
} as const satisfies Record<MetricFormat | 'change' | 'instant' | 'day', string>;

/** The currency that all sums of money are in. */
export interface Currency {
  code: string;
  /** Digits after the point. */
  digits: number;
}

/** An amount with the code of its currency behind it: 1,234.50 EUR. */
export function moneyFormat({ code, digits }: Currency): string {
  const number = digits === 0 ? '#,0' : `#,0.${'0'.repeat(digits)}`;
  return `${number}\\ ${code.replace(/[A-Z]/g, '\\$&')}`;
}
