/**
 * Measures that look at other days than the selected ones. They are blank where the data does not
 * cover all those days, so that nothing is compared with half a period.
 */
import { FORMATS, type Measure } from './measure.ts';

/** What is compared with the days before. Of rates the difference is shown, of others the growth. */
const COMPARED = [
  'Sessions',
  'Visitors',
  'Events',
  'Orders',
  'Revenue',
  'Net Revenue',
  'Average Order Value',
  'Conversion Rate',
  'Cart Abandonment Rate',
  'Bounce Rate',
  'Average Session Duration',
] as const;

/** Sums are averaged per day; a rate is that of the seven days together. */
const SMOOTHED = ['Sessions', 'Orders', 'Revenue', 'Conversion Rate'] as const;

/** The measures made from `plain`, and the hidden ones they need. */
export function periodMeasures(plain: readonly Measure[]): Measure[] {
  const find = (name: string) => plain.find((measure) => measure.name === name)!;
  return [
    ...COMPARED.map((name) => previousOf(find(name))),
    ...COMPARED.map((name) => changeOf(find(name))),
    ...SMOOTHED.map((name) => weekOf(find(name))),
    ...dayMeasures(),
  ];
}

/** Its value of the days before, and its change since. */
export function comparedWithBefore(base: Measure): Measure[] {
  return [previousOf(base), changeOf(base)];
}

function previousName(name: string): string {
  return `${name} Previous Period`;
}

export function changeName(name: string): string {
  return `${name} Change`;
}

export function weekName(name: string): string {
  return `${name} 7-Day Average`;
}

function previousOf(base: Measure): Measure {
  return {
    name: previousName(base.name),
    folder: 'Previous Period',
    format: base.format,
    description: `${base.name} in the same number of days immediately before the selected ones.`,
    dax: [
      'IF(',
      '    NOT ISBLANK([First Day Before]),',
      '    CALCULATE(',
      `        [${base.name}],`,
      "        DATESBETWEEN('Date'[Date], [First Day Before], [First Day] - 1)",
      '    )',
      ')',
    ].join('\n'),
    sql: `SELECT CASE WHEN {previous} THEN (${shift(base, 'previous')}) END`,
  };
}

function changeOf(base: Measure): Measure {
  const before = previousName(base.name);
  const value = `(${base.sql})`;
  const previous = `(${shift(base, 'previous')})`;
  const isRate = base.format === FORMATS.rate;
  return {
    name: changeName(base.name),
    folder: 'Change',
    format: FORMATS.change,
    description: isRate
      ? `${base.name} minus its value in the same number of days immediately before [percentage points].`
      : `Growth of ${base.name} over the same number of days immediately before.`,
    dax: [
      'IF(',
      `    NOT ISBLANK([${before}]),`,
      isRate
        ? `    [${base.name}] - [${before}]`
        : `    DIVIDE([${base.name}] - [${before}], [${before}])`,
      ')',
    ].join('\n'),
    sql: isRate
      ? `SELECT CASE WHEN {previous} THEN COALESCE(${value}, 0) - ${previous} END`
      : `SELECT CASE WHEN {previous} THEN CAST(COALESCE(${value}, 0) - ${previous} AS DOUBLE) / NULLIF(${previous}, 0) END`,
  };
}

function weekOf(base: Measure): Measure {
  const isRate = base.format === FORMATS.rate;
  const week = `CALCULATE([${base.name}], DATESBETWEEN('Date'[Date], [Last Day] - 6, [Last Day]))`;
  const sql = shift(base, 'week');
  return {
    name: weekName(base.name),
    folder: '7-Day Average',
    format: base.format === FORMATS.count ? FORMATS.one : base.format,
    description: isRate
      ? `${base.name} over the seven days up to the last selected day, computed from their totals.`
      : `${base.name} per day, over the seven days up to the last selected day.`,
    dax: [
      'IF(',
      '    [Last Day] - 6 >= [First Day of Data],',
      `    ${isRate ? week : `DIVIDE(${week}, 7)`}`,
      ')',
    ].join('\n'),
    sql: isRate
      ? `SELECT CASE WHEN {week} THEN (${sql}) END`
      : `SELECT CASE WHEN {week} THEN CAST((${sql}) AS DOUBLE) / 7 END`,
  };
}

/** The Date table has whole years; these are the days among the selected ones that have data. */
function dayMeasures(): Measure[] {
  const day = (name: string, description: string, dax: string, sql: string): Measure => ({
    name,
    folder: 'Days',
    format: FORMATS.day,
    description,
    dax,
    sql,
    isHidden: true,
  });
  const inData = "'Date'[Has Data] = TRUE()";
  return [
    day(
      'First Day',
      'First selected day within the data.',
      `CALCULATE(MIN('Date'[Date]), ${inData})`,
      'SELECT {first_day}',
    ),
    day(
      'Last Day',
      'Last selected day within the data.',
      `CALCULATE(MAX('Date'[Date]), ${inData})`,
      'SELECT {last_day}',
    ),
    day(
      'First Day of Data',
      'First day of the data, whatever is selected.',
      `CALCULATE(MIN('Date'[Date]), REMOVEFILTERS('Date'), ${inData})`,
      'SELECT {first_day_of_data}',
    ),
    day(
      'First Day Before',
      'First of the same number of days immediately before the selected ones; blank if the data begins later.',
      [
        'IF(',
        '    [First Day] - ([Last Day] - [First Day] + 1) >= [First Day of Data],',
        '    [First Day] - ([Last Day] - [First Day] + 1)',
        ')',
      ].join('\n'),
      'SELECT CASE WHEN {previous} THEN {first_day_before} END',
    ),
  ];
}

function shift(base: Measure, days: 'previous' | 'week'): string {
  return base.sql!.replaceAll(/\bgold_\w+(?![\w@])/g, (table) => `${table}@${days}`);
}
