/**
 * The fact tables: the Gold tables with the columns the pipeline defines, so that a column added there
 * arrives here. Numbers and keys are hidden; what remains visible is for slicing.
 */
import { type MStep, mLet, mText, mTextList } from './m-text.ts';
import type {
  ColumnType,
  GoldColumn,
  GoldTable,
  ModelColumn,
  ModelRelationship,
  ModelTable,
} from './model.ts';
import { type GoldSource, readTableExpression } from './source.ts';

/** The member that stands for a device or country that was not sent. */
const NOT_SENT = '(none)';

/** The Gold tables that become facts, by the names `lakeTables` gives them. */
export interface GoldTables {
  sessions: GoldTable;
  users: GoldTable;
  conversionMetrics: GoldTable;
  eventMetrics: GoldTable;
  funnel: GoldTable;
  products: GoldTable;
}

interface ComputedColumn extends ModelColumn {
  /** `each …` over the columns before it. */
  formula: string;
}

interface FactDefinition {
  name: string;
  table: keyof GoldTables;
  description: string;
  /** The column that relates to the Date table. */
  dateColumn: string;
  hasDimensions: boolean;
  visible: readonly string[];
  /** Stored rates: a rate of several rows is not their average, measures compute it from the counts. */
  leftOut: readonly string[];
  computed: readonly ComputedColumn[];
}

/** Bands of a number, each up to and including its limit; the last has none. */
interface Band {
  label: string;
  upTo?: number;
}

const DURATION_BANDS: readonly Band[] = [
  { label: '0 s', upTo: 0 },
  { label: 'up to 10 s', upTo: 10 },
  { label: '10 to 30 s', upTo: 30 },
  { label: '30 to 60 s', upTo: 60 },
  { label: '1 to 3 min', upTo: 180 },
  { label: '3 to 10 min', upTo: 600 },
  { label: '10 to 30 min', upTo: 1800 },
  { label: 'over 30 min' },
];

const EVENT_BANDS: readonly Band[] = [
  { label: '1', upTo: 1 },
  { label: '2', upTo: 2 },
  { label: '3 to 5', upTo: 5 },
  { label: '6 to 10', upTo: 10 },
  { label: '11 to 20', upTo: 20 },
  { label: '21 to 50', upTo: 50 },
  { label: 'over 50' },
];

const FACTS: readonly FactDefinition[] = [
  {
    name: 'Sessions',
    table: 'sessions',
    description:
      'One row per session, by the date of its first event. The identifiers have as many values as there are sessions and users and take most of the memory.',
    dateColumn: 'session_date',
    hasDimensions: true,
    visible: [
      'session_number',
      'is_bounce',
      'has_product_view',
      'has_add_to_cart',
      'has_purchase',
      'is_cart_abandoned',
      'funnel_step',
    ],
    leftOut: [],
    computed: [
      {
        name: 'start_hour',
        type: 'int64',
        description: 'hour of the day in which the session started [UTC, 0 to 23]',
        isHidden: false,
        formatString: '00',
        formula: 'each Time.Hour([started_at])',
      },
      ...bandColumns('duration', 'duration_seconds', 'duration of the session', DURATION_BANDS),
      ...bandColumns('event', 'event_count', 'events in the session', EVENT_BANDS),
    ],
  },
  {
    name: 'Users',
    table: 'users',
    description:
      'One row per user, by the date of the first session. Summed over all sessions of the user, whenever they were.',
    dateColumn: 'first_seen_date',
    hasDimensions: false,
    visible: ['is_buyer'],
    leftOut: [],
    computed: [
      {
        name: 'first_seen_date',
        type: 'dateTime',
        isDay: true,
        description: 'UTC date of first_seen_at',
        isHidden: true,
        formula: 'each DateTime.Date([first_seen_at])',
      },
    ],
  },
  {
    name: 'Conversion',
    table: 'conversionMetrics',
    description:
      'One row per date, all devices and countries together. Gives the Date table its range and the checks what they compare with.',
    dateColumn: 'date',
    hasDimensions: false,
    visible: [],
    leftOut: [
      'product_view_rate',
      'add_to_cart_rate',
      'cart_to_purchase_rate',
      'conversion_rate',
      'cart_abandonment_rate',
      'bounce_rate',
      'purchases_per_product_view',
      'purchases_per_add_to_cart',
    ],
    computed: [],
  },
  {
    name: 'Events',
    table: 'eventMetrics',
    description:
      'One row per date, event type, device and country of the events. Only event_count adds up across rows.',
    dateColumn: 'date',
    hasDimensions: true,
    visible: ['event_type'],
    leftOut: [],
    computed: [],
  },
  {
    name: 'Funnel',
    table: 'funnel',
    description:
      'One row per session date, device and country; how many sessions reached each step of the closed funnel in order.',
    dateColumn: 'session_date',
    hasDimensions: true,
    visible: [],
    leftOut: [],
    computed: [],
  },
  {
    name: 'Products',
    table: 'products',
    description:
      'One row per date and product. Has no device and no country: their slicers do not change it.',
    dateColumn: 'date',
    hasDimensions: false,
    visible: ['product_id'],
    leftOut: ['view_to_cart_rate', 'cart_to_purchase_rate'],
    computed: [],
  },
];

/** The fact tables, reading from the source. */
export function factTables(tables: GoldTables, source: GoldSource): ModelTable[] {
  return FACTS.map((fact) => {
    const table = tables[fact.table];
    const columns = table.columns.filter(({ name }) => !fact.leftOut.includes(name));
    return {
      name: fact.name,
      description: `${fact.description} Table ${table.name} of the lake.`,
      columns: [
        ...columns.map((column) => factColumn(column, fact)),
        ...fact.computed.map(({ formula: _, ...column }) => column),
      ],
      query: factQuery(fact, table, columns, source),
    };
  });
}

/** From the facts to the dimensions they share. */
export function factRelationships(): ModelRelationship[] {
  return FACTS.flatMap(({ name: table, dateColumn, hasDimensions }) => [
    { from: { table, column: dateColumn }, to: { table: 'Date', column: 'Date' } },
    ...(hasDimensions
      ? [
          { from: { table, column: 'device' }, to: { table: 'Device', column: 'Device' } },
          { from: { table, column: 'country' }, to: { table: 'Country', column: 'Country' } },
        ]
      : []),
  ]);
}

function factColumn(column: GoldColumn, fact: FactDefinition): ModelColumn {
  const type = columnType(column.type);
  const isDay = column.type === 'date';
  return {
    name: column.name,
    type,
    description: column.comment ?? column.name,
    isHidden: !fact.visible.includes(column.name),
    ...(isDay ? { isDay } : {}),
    ...(formatOf(type) === undefined ? {} : { formatString: formatOf(type)! }),
  };
}

function formatOf(type: ColumnType): string | undefined {
  switch (type) {
    case 'int64':
      return '#,0';
    case 'decimal':
      return '#,0.00';
    case 'double':
      return '#,0.###';
    default:
      return undefined;
  }
}

/**
 * Money is a fixed decimal number, which adds up exactly. Other decimals are floating point: fixed
 * ones would cut off what averages have beyond four digits.
 */
function columnType(goldType: string): ColumnType {
  switch (goldType) {
    case 'string':
      return 'string';
    case 'long':
    case 'integer':
      return 'int64';
    case 'date':
    case 'timestamp':
      return 'dateTime';
    case 'boolean':
      return 'boolean';
    case 'decimal(18,2)':
      return 'decimal';
    default:
      return 'double';
  }
}

function factQuery(
  fact: FactDefinition,
  table: GoldTable,
  columns: readonly GoldColumn[],
  source: GoldSource,
): string {
  const folder = table.root.slice(table.root.lastIndexOf('/') + 1);
  const steps: MStep[] = [
    { name: 'Source', expression: readTableExpression(source, { name: table.name, folder }) },
    {
      name: 'Selected',
      expression: `Table.SelectColumns(Source, ${mTextList(columns.map(({ name }) => name))})`,
    },
  ];
  const last = () => steps.at(-1)!.name;
  if (fact.hasDimensions) {
    steps.push({
      name: 'Labelled',
      expression: `Table.ReplaceValue(${last()}, null, ${mText(NOT_SENT)}, Replacer.ReplaceValue, {"device", "country"})`,
    });
  }
  const instants = columns.filter(({ type }) => type === 'timestamp');
  if (instants.length > 0) {
    // Connectors differ: some give instants with a zone, some without one, in UTC.
    steps.push({
      name: 'InUtc',
      expression: `Table.TransformColumns(${last()}, {${instants
        .map(({ name }) => `{${mText(name)}, ToUtc}`)
        .join(', ')}})`,
    });
    steps.unshift({
      name: 'ToUtc',
      expression:
        '(instant) => if instant is datetimezone then DateTimeZone.RemoveZone(DateTimeZone.ToUtc(instant)) else instant',
    });
  }
  steps.push({
    name: 'Typed',
    expression: `Table.TransformColumnTypes(${last()}, {${columns
      .map(({ name, type }) => `{${mText(name)}, ${mType(type)}}`)
      .join(', ')}}, "en-US")`,
  });
  for (const { name, type, isDay, formula } of fact.computed) {
    steps.push({
      name: `With_${name}`,
      expression: `Table.AddColumn(${last()}, ${mText(name)}, ${formula}, ${computedType(type, isDay)})`,
    });
  }
  return mLet(steps);
}

function mType(goldType: string): string {
  if (goldType === 'date') return 'type date';
  return computedType(columnType(goldType));
}

function computedType(type: ColumnType, isDay = false): string {
  switch (type) {
    case 'string':
      return 'type text';
    case 'int64':
      return 'Int64.Type';
    case 'double':
      return 'type number';
    case 'decimal':
      return 'Currency.Type';
    case 'boolean':
      return 'type logical';
    case 'dateTime':
      return isDay ? 'type date' : 'type datetime';
  }
}

function bandColumns(
  prefix: string,
  column: string,
  meaning: string,
  bands: readonly Band[],
): ComputedColumn[] {
  const order = `${prefix}_band_order`;
  const tests = bands.map(({ upTo }, index) =>
    upTo === undefined ? `${index + 1}` : `if [${column}] <= ${upTo} then ${index + 1} else `,
  );
  return [
    {
      name: order,
      type: 'int64',
      description: `order of ${prefix}_band`,
      isHidden: true,
      formatString: '0',
      formula: `each ${tests.join('')}`,
    },
    {
      name: `${prefix}_band`,
      type: 'string',
      description: `${meaning}, in bands`,
      isHidden: false,
      sortBy: order,
      formula: `each ${mTextList(bands.map(({ label }) => label))}{[${order}] - 1}`,
    },
  ];
}
