/**
 * The measures: the DAX that Power BI runs, and beside it the SQL that gives the same number from
 * Gold. In the SQL, a table's name stands for its rows within the selection; with `@previous`, for
 * those of the same number of days directly before it; with `@week`, for those of the seven days
 * that end with the selection's last day; with `@days`, for those of the selected days with every
 * device, country and channel; with `@all`, for every row; with `@first`, a channel is that of the first session. `{previous}` and `{week}` ask whether the data covers those days.
 */
import { describeMetric, type Metric, queryMetric } from '../metrics/metric.ts';
import { allMetrics } from '../metrics/metrics.ts';
import { mLet } from './m-text.ts';
import { type Currency, FORMATS, type Measure, moneyFormat } from './measure.ts';
import { channelMeasures } from './measures-channels.ts';
import { cohortMeasures } from './measures-cohorts.ts';
import { visualMeasures } from './measures-of-visuals.ts';
import { periodMeasures } from './measures-periods.ts';
import type { GoldTable, ModelTable } from './model.ts';
import { type GoldSource, readTableExpression, TO_UTC } from './source.ts';

export type { Measure };

/** Every measure, in display order. Names are unique. */
export function measures(options: {
  isCheckoutSkipped: boolean;
  /** Undefined: amounts as sent. */
  currency?: Currency | undefined;
  /** The table Sessions has rows of bots, and they do not count. */
  hasBotRows?: boolean;
}): Measure[] {
  const plain = allMetrics(options).map((metric) => {
    const measure = measureOf(metric, options.currency);
    return options.hasBotRows === true ? { ...measure, dax: withoutBots(measure.dax) } : measure;
  });
  const money = moneyOf(options.currency);
  const compared = [...plain, ...periodMeasures(plain)];
  return [
    ...plain,
    ...channelMeasures(money),
    ...cohortMeasures(money),
    ...periodMeasures(plain),
    ...visualMeasures(compared),
    ...freshnessMeasures(),
    ...checkMeasures(),
  ];
}

function moneyOf(currency: Currency | undefined): string {
  return currency === undefined ? FORMATS.money : moneyFormat(currency);
}

function measureOf(metric: Metric, currency: Currency | undefined): Measure {
  const { name, folder, format, dax } = metric;
  const description = describeMetric(metric);
  const formatString = format === 'money' ? moneyOf(currency) : FORMATS[format];
  return { name, folder, format: formatString, description, dax, sql: queryMetric(metric) };
}

/** Measures of measures need no filter of their own. */
function withoutBots(dax: string): string {
  if (!/(?<!KEEPFILTERS)\(Sessions[[)]/.test(dax)) {
    return dax;
  }
  const lines = dax.split('\n').map((line) => `    ${line}`);
  return [
    'CALCULATE(',
    `${lines.join('\n')},`,
    '    KEEPFILTERS(Sessions[Is Bot] = FALSE())',
    ')',
  ].join('\n');
}

/** The table the measures belong to. Its one row says when the data was loaded, and how far it goes. */
export function metricsTable(users: GoldTable, source: GoldSource): ModelTable {
  return {
    name: 'Metrics',
    description: 'The measures of the model, in folders.',
    columns: [
      {
        name: 'refreshed_at',
        type: 'dateTime',
        description: 'when the data was loaded [UTC]',
        formatString: FORMATS.instant,
        isHidden: true,
      },
      {
        name: 'last_event_at',
        type: 'dateTime',
        description: 'latest event of all sessions [UTC]',
        formatString: FORMATS.instant,
        isHidden: true,
      },
    ],
    from: {
      query: mLet([
        TO_UTC,
        {
          name: 'Now',
          expression: 'DateTimeZone.RemoveZone(DateTimeZone.FixedUtcNow())',
        },
        { name: 'Users', expression: readTableExpression(source, users) },
        { name: 'LastEvent', expression: 'ToUtc(List.Max(Users[last_seen_at]))' },
        {
          name: 'Loaded',
          expression:
            '#table(type table [refreshed_at = datetime, last_event_at = datetime], {{Now, LastEvent}})',
        },
      ]),
    },
  };
}

function freshnessMeasures(): Measure[] {
  return [
    {
      name: 'Last Refreshed',
      folder: 'Freshness',
      format: FORMATS.instant,
      description: 'When this data was loaded from the lake [UTC].',
      dax: 'MAX(Metrics[refreshed_at])',
      sql: undefined,
    },
    {
      name: 'Last Event',
      folder: 'Freshness',
      format: FORMATS.instant,
      description: 'Time of the latest event of all sessions, whatever is selected [UTC].',
      dax: 'MAX(Metrics[last_event_at])',
      sql: 'SELECT max(last_seen_at) FROM gold_users@all',
    },
  ];
}

function checkMeasures(): Measure[] {
  const allMembers = 'REMOVEFILTERS(Device), REMOVEFILTERS(Country), REMOVEFILTERS(Channel)';
  return [
    {
      name: 'Sessions Not Reconciled',
      folder: 'Checks',
      format: FORMATS.count,
      description:
        'Sessions minus the sessions of the daily table, all devices, countries and channels. Anything but 0: the tables were loaded while a run was writing them; refresh again.',
      dax: `CALCULATE([Sessions], ${allMembers}) - SUM(Conversion[session_count])`,
      sql: 'SELECT (SELECT count(*) FROM gold_sessions@days WHERE NOT is_bot) - (SELECT COALESCE(sum(sessions), 0) FROM gold_conversion_metrics)',
    },
    {
      name: 'Purchases Not Reconciled',
      folder: 'Checks',
      format: FORMATS.count,
      description:
        'Purchase events minus those of the daily table, all devices, countries and channels. Anything but 0: the tables were loaded while a run was writing them; refresh again.',
      dax: `CALCULATE([Purchases], ${allMembers}) - SUM(Conversion[purchase_count])`,
      sql: "SELECT (SELECT COALESCE(sum(event_count), 0) FROM gold_event_metrics@days WHERE event_type = 'purchase') - (SELECT COALESCE(sum(purchases), 0) FROM gold_conversion_metrics)",
    },
  ];
}
