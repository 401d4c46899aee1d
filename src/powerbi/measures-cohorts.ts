/**
 * Cohorts: the visitors whose first session is in a week. 'Date' chooses cohorts by the Monday of that week,
 * Channel by the channel of that session.
 */
import { FORMATS, type Measure } from './measure.ts';

const FOLDER = 'Cohorts';
const NOTE = 'Not filtered by device or country.';
const SIZE = 'sum(CASE WHEN weeks_since = 0 THEN visitors END)';

/** The filter on Weeks Since alone: a cohort may have nobody in that week. */
const WEEKS = [
  'VAR __Weeks = IF(',
  '    ISFILTERED(Cohorts[Weeks Since]),',
  '    CALCULATE(SELECTEDVALUE(Cohorts[Weeks Since], 1), ALLEXCEPT(Cohorts, Cohorts[Weeks Since])),',
  '    1',
  ')',
];

/** `money` is the format of amounts. */
export function cohortMeasures(money: string): Measure[] {
  return [
    {
      name: 'Cohort Visitors',
      folder: FOLDER,
      format: FORMATS.count,
      description: `Visitors of the cohorts, whichever weeks are selected. ${NOTE}`,
      dax: 'CALCULATE(SUM(Cohorts[visitor_count]), Cohorts[Weeks Since] = 0)',
      sql: `SELECT ${SIZE} FROM gold_cohorts`,
    },
    {
      name: 'Retained Visitors',
      folder: FOLDER,
      format: FORMATS.count,
      description: `Visitors of the cohorts with a session in the selected week after their first week. Without exactly one selected week: the week after the first. ${NOTE}`,
      dax: [
        ...WEEKS,
        'RETURN CALCULATE(SUM(Cohorts[visitor_count]), Cohorts[Weeks Since] = __Weeks)',
      ].join('\n'),
      sql: 'SELECT sum(CASE WHEN weeks_since = 1 THEN visitors END) FROM gold_cohorts',
    },
    {
      name: 'Retention Rate',
      folder: FOLDER,
      format: FORMATS.rate,
      description: `Retained visitors divided by the visitors of the cohorts for which the data includes that week. ${NOTE}`,
      dax: [
        ...WEEKS,
        'VAR __LastWeek = CALCULATE(MAX(Cohorts[session_week]), ALL(Cohorts))',
        'RETURN',
        '    DIVIDE(',
        '        [Retained Visitors] + 0,',
        '        CALCULATE([Cohort Visitors], KEEPFILTERS(Cohorts[cohort_week] <= __LastWeek - 7 * __Weeks))',
        '    )',
      ].join('\n'),
      sql: 'SELECT CAST(COALESCE(sum(CASE WHEN weeks_since = 1 THEN visitors END), 0) AS DOUBLE) / NULLIF(sum(CASE WHEN weeks_since = 0 AND cohort_week <= (SELECT max(session_week) FROM gold_cohorts@all) - 7 THEN visitors END), 0) FROM gold_cohorts',
    },
    {
      name: 'Cohort Revenue',
      folder: FOLDER,
      format: money,
      description: `Revenue of the cohorts in the selected weeks after their first week, before refunds [units of money.currency]. ${NOTE}`,
      dax: 'SUM(Cohorts[revenue_amount])',
      sql: 'SELECT sum(revenue) FROM gold_cohorts',
    },
    {
      name: 'Revenue per Cohort Visitor',
      folder: FOLDER,
      format: money,
      description: `Revenue of the cohorts in the selected weeks, divided by their visitors [units of money.currency]. ${NOTE}`,
      dax: 'DIVIDE([Cohort Revenue], [Cohort Visitors])',
      sql: `SELECT CAST(sum(revenue) AS DOUBLE) / NULLIF(${SIZE}, 0) FROM gold_cohorts`,
    },
  ];
}
