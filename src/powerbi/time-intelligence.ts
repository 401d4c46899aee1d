/**
 * The calculation group: what it makes of any measure, over the marked table of dates. Days without data do not
 * count, so that a year that has just begun is compared with the same days of the year before; what the data
 * does not cover whole is blank.
 */
import { FORMATS } from './measure.ts';

export interface CalculationItem {
  name: string;
  description: string;
  dax: string;
  /** DAX that gives a format string, where it is not that of the measure. */
  format?: string;
}

export interface CalculationGroup {
  name: string;
  description: string;
  /** The column whose values are the items. */
  column: { name: string; description: string };
  items: readonly CalculationItem[];
}

const IN_DATA = "'Date'[Has Data] = TRUE()";
const FIRST_DAY = `VAR __FirstDay = CALCULATE(MIN('Date'[Date]), ${IN_DATA})`;
const LAST_DAY = `VAR __LastDay = CALCULATE(MAX('Date'[Date]), ${IN_DATA})`;
const FIRST_OF_DATA = `VAR __FirstOfData = CALCULATE(MIN('Date'[Date]), REMOVEFILTERS('Date'), ${IN_DATA})`;
const ALWAYS = 'NOT ISBLANK(__LastDay)';
const IS_RATE = 'CONTAINSSTRING(SELECTEDMEASUREFORMATSTRING(), "%")';

interface Days {
  /** Declarations that they need. */
  variables?: readonly string[];
  from: string;
  to: string;
}

const PREVIOUS_PERIOD: Days = {
  from: '__FirstDay - (__LastDay - __FirstDay + 1)',
  to: '__FirstDay - 1',
};
/** Whole months are compared with whole months: February with all days of a leap year's. */
const PREVIOUS_YEAR: Days = {
  variables: [
    'VAR __IsWholeMonths = DAY(__FirstDay) = 1 && __LastDay = EOMONTH(__LastDay, 0)',
    'VAR __LastBefore = IF(__IsWholeMonths, EOMONTH(__LastDay, -12), EDATE(__LastDay, -12))',
  ],
  from: 'EDATE(__FirstDay, -12)',
  to: '__LastBefore',
};

export const TIME_INTELLIGENCE: CalculationGroup = {
  name: 'Time Intelligence',
  description:
    'Calculates any measure to date, for earlier days, or as a change. Weeks begin on Monday.',
  column: { name: 'Time Calculation', description: 'how the measure is calculated' },
  items: [
    {
      name: 'Current',
      description: 'The measure for the selected days.',
      dax: 'SELECTEDMEASURE()',
    },
    toDate('WTD', 'week, which begins on Monday', '__LastDay - WEEKDAY(__LastDay, 2) + 1'),
    toDate('MTD', 'month', 'DATE(YEAR(__LastDay), MONTH(__LastDay), 1)'),
    toDate('QTD', 'quarter', 'DATE(YEAR(__LastDay), 3 * QUARTER(__LastDay) - 2, 1)'),
    toDate('YTD', 'year', 'DATE(YEAR(__LastDay), 1, 1)'),
    earlier('Previous Period', 'the same number of days immediately before', PREVIOUS_PERIOD),
    change(
      'Change to Previous Period',
      'the same number of days immediately before',
      PREVIOUS_PERIOD,
    ),
    earlier('Previous Year', 'the same days a year before', PREVIOUS_YEAR),
    change('Change to Previous Year', 'the same days a year before', PREVIOUS_YEAR),
  ],
};

function toDate(name: string, unit: string, from: string): CalculationItem {
  return {
    name,
    description: `From the first day of the ${unit} to the last selected day.`,
    dax: [LAST_DAY, 'RETURN', ...ifThere(ALWAYS, over({ from, to: '__LastDay' }))].join('\n'),
  };
}

function earlier(name: string, what: string, days: Days): CalculationItem {
  return {
    name,
    description: `For ${what}; blank if the data begins later.`,
    dax: [
      ...[FIRST_DAY, LAST_DAY, FIRST_OF_DATA, ...(days.variables ?? []), 'RETURN'],
      ...ifThere(isCovered(days), over(days)),
    ].join('\n'),
  };
}

function change(name: string, what: string, days: Days): CalculationItem {
  return {
    name,
    description: `Growth over ${what}; of rates the difference [percentage points]. Blank where the data begins later.`,
    dax: [
      ...[FIRST_DAY, LAST_DAY, FIRST_OF_DATA, ...(days.variables ?? [])],
      'VAR __Now = SELECTEDMEASURE()',
      `VAR __Before = ${over(days)}`,
      'RETURN',
      ...ifThere(
        `${isCovered(days)} && NOT ISBLANK(__Before)`,
        `IF(${IS_RATE}, __Now - __Before, DIVIDE(__Now - __Before, __Before))`,
      ),
    ].join('\n'),
    format: `"${FORMATS.change}"`,
  };
}

function over({ from, to }: Days): string {
  return `CALCULATE(SELECTEDMEASURE(), DATESBETWEEN('Date'[Date], ${from}, ${to}))`;
}

function isCovered({ from }: Days): string {
  return `${ALWAYS} && ${from} >= __FirstOfData`;
}

function ifThere(test: string, value: string): string[] {
  return ['    IF(', `        ${test},`, `        ${value}`, '    )'];
}
