/**
 * What becomes of each Gold table in the model. A column that is not named here is hidden, under the
 * name it has in Gold.
 */
import { mTextList } from './m-text.ts';
import { type GoldTable, type ModelColumn, type OwnGoldTable, titleOf } from './model.ts';

/** The Gold tables that become facts, by the names `lakeTables` gives them. */
export interface GoldTables {
  sessions: GoldTable;
  users: GoldTable;
  orders: GoldTable;
  rfm: GoldTable;
  conversionMetrics: GoldTable;
  eventMetrics: GoldTable;
  funnel: GoldTable;
  products: GoldTable;
  cohorts: GoldTable;
  /** The user's own. */
  own: readonly OwnGoldTable[];
}

interface ComputedColumn extends ModelColumn {
  /** `each …` over the columns before it. */
  formula: string;
}

export interface MemberColumn {
  column: string;
  dimension: 'Device' | 'Country' | 'Channel';
  /** Measures relate it; a table has one relationship to a dimension. */
  isUnrelated?: boolean;
}

const DEVICE: MemberColumn = { column: 'device', dimension: 'Device' };
const COUNTRY: MemberColumn = { column: 'country', dimension: 'Country' };
const channelOf = (column: string): MemberColumn => ({ column, dimension: 'Channel' });

export interface FactShape {
  name: string;
  description: string;
  /** The column that relates to the Date table. */
  dateColumn?: string | undefined;
  /** Its columns that relate to the dimensions of members; null is their member (none). */
  members: readonly MemberColumn[];
  /** Its columns that relate to the key of another table. */
  relations?: readonly { column: string; table: string; key: string }[];
  visible: readonly string[];
  /** Of visible columns whose name in words is another one. */
  names?: Readonly<Record<string, string>>;
  /**
   * Stored rates: a rate of several rows is not their average, measures compute it from the counts. Keys and
   * instants that have as many values as there are rows: they would be most of the model's size, and nothing
   * needs them.
   */
  leftOut: readonly string[];
  computed: readonly ComputedColumn[];
  /** Loaded in parts where the source can filter by date: the table is large. */
  isLarge?: boolean;
  /** A column that marks rows of bots, which are not loaded unless they count. */
  botColumn?: string;
  /** Of columns that are not shown as their types are. */
  formats?: Readonly<Record<string, string>>;
}

export interface FactDefinition extends FactShape {
  table: Exclude<keyof GoldTables, 'own'>;
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

export const FACTS: readonly FactDefinition[] = [
  {
    name: 'Sessions',
    table: 'sessions',
    description:
      'One row per session, by the date of its first event. Of its columns those that a measure or a visual needs.',
    dateColumn: 'session_date',
    members: [DEVICE, COUNTRY, channelOf('channel')],
    botColumn: 'is_bot',
    isLarge: true,
    visible: [
      'session_number',
      'is_bot',
      'source',
      'medium',
      'campaign',
      'landing_page',
      'start_hour',
      'is_bounce',
      'is_engaged',
      'has_product_view',
      'has_add_to_cart',
      'has_purchase',
      'is_cart_abandoned',
      'funnel_step',
    ],
    leftOut: [
      ...['session_id', 'user_id', 'anonymous_id', 'derived_from', 'started_at', 'ended_at'],
      ...['page_view_count', 'product_view_count', 'add_to_cart_count', 'checkout_count'],
      ...['purchase_count', 'product_count'],
    ],
    formats: { start_hour: '00' },
    computed: [
      ...bandColumns('duration', 'duration_seconds', 'duration of the session', DURATION_BANDS),
      ...bandColumns('event', 'event_count', 'events in the session', EVENT_BANDS),
    ],
  },
  {
    name: 'Visitors',
    table: 'users',
    description:
      'One row per visitor, by the date of the first session. Summed over all sessions of the visitor, whenever they were.',
    dateColumn: 'first_seen_date',
    members: [channelOf('first_channel')],
    visible: ['is_buyer'],
    leftOut: ['visitor_id', 'first_seen_at', 'last_seen_at'],
    computed: [],
  },
  {
    name: 'Orders',
    table: 'orders',
    description:
      'One row per order, by the date of its earliest purchase event and the last channel that is not Direct of the 30 days before; an order of which only a refund is known has no date. Has no device and no country: their slicers do not change it.',
    dateColumn: 'order_date',
    members: [
      channelOf('last_non_direct_channel'),
      { ...channelOf('first_channel'), isUnrelated: true },
    ],
    visible: ['is_first_order'],
    leftOut: ['order_id', 'exchange_rate', 'first_event_id', 'ordered_at', 'session_id'],
    computed: [],
  },
  {
    name: 'Buyers',
    table: 'rfm',
    description:
      'One row per visitor with an order, by the date of the last one. Summed over all orders of the visitor, whenever they were; the fifths are of all buyers.',
    dateColumn: 'last_order_date',
    members: [],
    visible: ['recency_quintile', 'frequency_quintile', 'monetary_quintile', 'rfm'],
    leftOut: ['visitor_id'],
    computed: [],
  },
  {
    name: 'Conversion',
    table: 'conversionMetrics',
    description:
      'One row per date, all devices and countries together. Gives the Date table its range and the checks what they compare with.',
    dateColumn: 'date',
    members: [],
    visible: [],
    leftOut: [
      'product_view_rate',
      'add_to_cart_rate',
      'cart_to_purchase_rate',
      'conversion_rate',
      'cart_abandonment_rate',
      'bounce_rate',
      'engagement_rate',
      'average_order_value',
      'purchases_per_product_view',
      'purchases_per_add_to_cart',
    ],
    computed: [],
  },
  {
    name: 'Events',
    table: 'eventMetrics',
    description: 'One row per date, event type, device and country of the events.',
    dateColumn: 'date',
    members: [DEVICE, COUNTRY],
    visible: ['event_type'],
    leftOut: [],
    computed: [],
  },
  {
    name: 'Funnel',
    table: 'funnel',
    description:
      'One row per session date, device, country and channel; how many sessions reached each step of the closed funnel in order.',
    dateColumn: 'session_date',
    members: [DEVICE, COUNTRY, channelOf('channel')],
    visible: [],
    leftOut: [],
    computed: [],
  },
  {
    name: 'Cohorts',
    table: 'cohorts',
    description:
      'One row per week with sessions, and week and channel of the first session of their visitors, by the Monday of that first week.',
    dateColumn: 'cohort_week',
    members: [channelOf('first_channel')],
    visible: ['weeks_since'],
    leftOut: [],
    computed: [],
  },
  {
    name: 'Product Days',
    table: 'products',
    description:
      'One row per date and product. Has no device and no country: their slicers do not change it.',
    dateColumn: 'date',
    members: [],
    relations: [{ column: 'product_id', table: 'Products', key: 'Product ID' }],
    visible: [],
    leftOut: ['product_name', 'category', 'brand', 'view_to_cart_rate', 'cart_to_purchase_rate'],
    computed: [],
  },
];

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
      name: titleOf(`${prefix}_band`),
      source: `${prefix}_band`,
      type: 'string',
      description: `${meaning}, in bands`,
      isHidden: false,
      sortBy: order,
      formula: `each ${mTextList(bands.map(({ label }) => label))}{[${order}] - 1}`,
    },
  ];
}
