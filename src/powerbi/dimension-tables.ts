/** The dimensions that the facts share: Date, Device, Country, Channel. All are made from the facts. */
import type { FactReader } from './fact-tables.ts';
import { type MStep, mLet, mText } from './m-text.ts';
import type { ModelColumn, ModelTable } from './model.ts';

/** Length of the newest period of data that the report opens with: every weekday once. */
const PERIOD_DAYS = 7;

/** Members of 'Date'[Period], counted back from the last day with data. */
export const PERIODS = {
  current: `Last ${PERIOD_DAYS} days`,
  previous: `${PERIOD_DAYS} days before`,
  earlier: 'Earlier',
  later: 'Later',
} as const;

interface DateColumn extends ModelColumn {
  /** The M type of the column. */
  mType: string;
  /** `each …` over the columns before it. */
  formula: string;
}

/** Monday is the first day of a week; ISO 8601 counts a week to the year of its Thursday. */
const THURSDAY = 'Date.AddDays([Date], 3 - Date.DayOfWeek([Date], Day.Monday))';

const DATE_COLUMNS: readonly DateColumn[] = [
  whole('Year', 'calendar year', 'each Date.Year([Date])'),
  label('Quarter', 'quarter of the year', 'each "Q" & Text.From(Date.QuarterOfYear([Date]))'),
  label('Year Quarter', 'year and quarter', 'each Text.From([Year]) & " " & [Quarter]'),
  {
    ...whole('Month Number', 'month of the year [1 to 12]', 'each Date.Month([Date])'),
    isHidden: true,
  },
  {
    ...label('Month', 'name of the month', 'each Date.MonthName([Date], "en-US")'),
    sortBy: 'Month Number',
  },
  label('Year Month', 'year and month', 'each Date.ToText([Date], [Format = "yyyy-MM"])'),
  whole(
    'Week',
    'week of the year by ISO 8601 [1 to 53]',
    `each Number.IntegerDivide(Date.DayOfYear(${THURSDAY}) - 1, 7) + 1`,
  ),
  label(
    'Year Week',
    'year and week by ISO 8601',
    `each Text.From(Date.Year(${THURSDAY})) & "-W" & Text.PadStart(Text.From([Week]), 2, "0")`,
  ),
  {
    ...whole(
      'Weekday Number',
      'day of the week [1 = Monday]',
      'each Date.DayOfWeek([Date], Day.Monday) + 1',
    ),
    isHidden: true,
  },
  {
    ...label('Weekday', 'name of the day of the week', 'each Date.DayOfWeekName([Date], "en-US")'),
    sortBy: 'Weekday Number',
  },
  {
    name: 'Has Data',
    type: 'boolean',
    mType: 'type logical',
    description: 'between the first and the last date of the data; the table has whole years',
    isHidden: true,
    formula: 'each [Date] >= FirstDay and [Date] <= LastDay',
  },
  {
    ...whole(
      'Days Ago',
      'days before the last date of the data',
      'each Duration.Days(LastDay - [Date])',
    ),
    isHidden: true,
  },
  {
    ...whole(
      'Period Order',
      'order of Period',
      `each if [Days Ago] < 0 then 4 else if [Days Ago] < ${PERIOD_DAYS} then 1 else if [Days Ago] < ${2 * PERIOD_DAYS} then 2 else 3`,
    ),
    isHidden: true,
  },
  {
    ...label(
      'Period',
      `the last ${PERIOD_DAYS} days of the data, the ${PERIOD_DAYS} before, and the rest`,
      `each {${Object.values(PERIODS).map(mText).join(', ')}}{[Period Order] - 1}`,
    ),
    sortBy: 'Period Order',
  },
];

/** Every day of the years that the weeks of the data touch. `facts` reads columns of facts that are no queries. */
export function dateTable(timeZone: string, facts: FactReader): ModelTable {
  return {
    name: 'Date',
    description: `Every day of the calendar years that the weeks of the data touch, in the time zone ${timeZone}.`,
    isDateTable: true,
    columns: [
      {
        name: 'Date',
        type: 'dateTime',
        isDay: true,
        isKey: true,
        description: `the day [${timeZone}]`,
        isHidden: false,
      },
      ...DATE_COLUMNS.map(({ formula: _, mType: __, ...column }) => column),
    ],
    hierarchies: [
      {
        name: 'Calendar',
        description: 'Year, quarter, month, day.',
        levels: [
          { name: 'Year', column: 'Year' },
          { name: 'Quarter', column: 'Year Quarter' },
          { name: 'Month', column: 'Year Month' },
          { name: 'Day', column: 'Date' },
        ],
      },
    ],
    from: { query: dateQuery(facts) },
  };
}

/** Every session has the device and country of an event. */
export function deviceTable(facts: FactReader): ModelTable {
  return memberTable('Device', 'Events[device]', facts.read({ Events: ['device'] }), {
    table: `Every device of the events and sessions; ${facts.missing} where it was not sent.`,
    column: `the device; ${facts.missing}: not sent`,
  });
}

export function countryTable(facts: FactReader): ModelTable {
  return memberTable('Country', 'Events[country]', facts.read({ Events: ['country'] }), {
    table: `Every country of the events and sessions; ${facts.missing} where it was not sent.`,
    column: `the country; ${facts.missing}: not sent`,
  });
}

/** Every session is in the funnel. */
export function channelTable(facts: FactReader): ModelTable {
  const columns = 'Funnel[channel], Orders[last_non_direct_channel], Orders[first_channel]';
  const steps = facts.read({
    Funnel: ['channel'],
    Orders: ['last_non_direct_channel', 'first_channel'],
  });
  return memberTable('Channel', `List.Combine({${columns}})`, steps, {
    table:
      "Every channel of the sessions, by the rules of Google Analytics 4's default channel groups. Of orders it is the last one that is not Direct, of visitors and cohorts that of their first session.",
    column: `the channel; ${facts.missing}: an order without a session in the 30 days before`,
  });
}

/** The values of columns of facts, each once. */
function memberTable(
  name: 'Device' | 'Country' | 'Channel',
  values: string,
  steps: readonly MStep[],
  description: { table: string; column: string },
): ModelTable {
  return {
    name,
    description: description.table,
    columns: [
      {
        name,
        type: 'string',
        isKey: true,
        description: description.column,
        isHidden: false,
        ...(name === 'Country' ? { dataCategory: 'Country' } : {}),
      },
    ],
    from: {
      query: mLet([
        ...steps,
        { name: 'Members', expression: `List.Distinct(List.RemoveNulls(${values}))` },
        {
          // A key must be unique for the model, which sees neither spaces at the end nor upper and lower case.
          name: 'Keys',
          expression:
            'List.Distinct(List.Transform(Members, Text.TrimEnd), Comparer.OrdinalIgnoreCase)',
        },
        { name: 'Loaded', expression: `Table.FromColumns({Keys}, type table [${name} = text])` },
      ]),
    },
  };
}

function dateQuery(facts: FactReader): string {
  const steps = [
    ...facts.read({ Conversion: ['date'] }),
    { name: 'DataDays', expression: 'List.Buffer(Conversion[date])' },
    { name: 'FirstDay', expression: 'List.Min(DataDays)' },
    { name: 'LastDay', expression: 'List.Max(DataDays)' },
    {
      // Weeks of cohorts are named by their Mondays, which may lie in the year before.
      name: 'FirstMonday',
      expression:
        'if FirstDay = null then null else Date.AddDays(FirstDay, 0 - Date.DayOfWeek(FirstDay, Day.Monday))',
    },
    {
      name: 'Days',
      expression:
        'if FirstDay = null then {} else List.Dates(Date.StartOfYear(FirstMonday), Duration.Days(Date.EndOfYear(LastDay) - Date.StartOfYear(FirstMonday)) + 1, #duration(1, 0, 0, 0))',
    },
    {
      name: 'Dates',
      expression: 'Table.FromColumns({Days}, type table [Date = date])',
    },
  ];
  for (const { name, formula, mType } of DATE_COLUMNS) {
    steps.push({
      name: `With_${name.replaceAll(' ', '_')}`,
      expression: `Table.AddColumn(${steps.at(-1)!.name}, ${mText(name)}, ${formula}, ${mType})`,
    });
  }
  return mLet(steps);
}

function whole(name: string, description: string, formula: string): DateColumn {
  return {
    name,
    type: 'int64',
    mType: 'Int64.Type',
    description,
    isHidden: false,
    formatString: '0',
    formula,
  };
}

function label(name: string, description: string, formula: string): DateColumn {
  return { name, type: 'string', mType: 'type text', description, isHidden: false, formula };
}
