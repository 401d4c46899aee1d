/** The tables of a lake: names, places, columns. Their meaning is in the models' comments. */

import type { ExtraColumn, Settings } from '../config/settings.ts';
import type { DeltaColumn, PrimitiveType } from '../delta/schema.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { columnComments, readModel, tableSummary } from './models.ts';

/** Tables of a later format are refused: an older Clicklake would spoil them. */
export const FORMAT_VERSION = 1;
export const FORMAT_PROPERTY = 'clicklake.formatVersion';
/** Where the tables lie that are computed from Silver. */
export const GOLD_ROOT = 'gold/';
const CONFLICT_SCOPE_PROPERTY = 'clicklake.conflictScope';
export const SKIP_CHECKOUT_PROPERTY = 'clicklake.skipCheckout';
/** Marks the full refresh that a Silver table's content comes from. */
export const REFRESH_PROPERTY = 'clicklake.refreshId';

const EVENT_COLUMNS = {
  event_id: 'string',
  user_id: 'string',
  session_id: 'string',
  event_type: 'string',
  product_id: 'string',
  device: 'string',
  country: 'string',
  event_timestamp: 'timestamp',
  page_url: 'string',
  referrer: 'string',
  order_id: 'string',
  currency: 'string',
  quantity: 'integer',
  price: 'decimal(18,2)',
  event_date: 'date',
  bronze_path: 'string',
  received_at: 'timestamp',
} as const satisfies Record<string, PrimitiveType>;

const DELTA_TYPE: Readonly<Record<ExtraColumn['type'], PrimitiveType>> = {
  string: 'string',
  int: 'integer',
  bigint: 'long',
  double: 'double',
  'decimal(18,2)': 'decimal(18,2)',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
};

export interface LakeTable extends TableDefinition {
  /** What a row is, one sentence. */
  summary: string;
}

export interface LakeTables {
  ledger: LakeTable;
  events: LakeTable;
  quarantine: LakeTable;
  sessions: LakeTable;
  users: LakeTable;
  conversionMetrics: LakeTable;
  eventMetrics: LakeTable;
  funnel: LakeTable;
  products: LakeTable;
}

/** Bronze, Silver, Gold. */
export function listTables(tables: LakeTables): LakeTable[] {
  return Object.values(tables);
}

/** The settings that the tables depend on. */
export interface TableSettings {
  silver: Pick<Settings['silver'], 'conflictScope' | 'extraColumns'>;
  funnel: Settings['funnel'];
}

/** The tables as these settings want them. */
export function lakeTables(settings: TableSettings): LakeTables {
  const extra = settings.silver.extraColumns.map(({ name, type }): DeltaColumn => {
    return {
      name,
      type: DELTA_TYPE[type],
      nullable: true,
      comment: 'declared as silver.extra_columns; null: not sent, or not of this type',
    };
  });
  const events = define('silver_events', 'silver/events', 'silver/events', EVENT_COLUMNS, [
    'event_date',
  ]);
  return {
    ledger: LEDGER,
    events: {
      ...events,
      columns: [...events.columns, ...extra],
      configuration: {
        ...events.configuration,
        [CONFLICT_SCOPE_PROPERTY]: settings.silver.conflictScope,
      },
    },
    quarantine: QUARANTINE,
    sessions: {
      ...SESSIONS,
      configuration: {
        ...SESSIONS.configuration,
        [SKIP_CHECKOUT_PROPERTY]: String(settings.funnel.skipCheckout),
      },
    },
    users: USERS,
    conversionMetrics: CONVERSION_METRICS,
    eventMetrics: EVENT_METRICS,
    funnel: FUNNEL,
    products: PRODUCTS,
  };
}

const LEDGER: LakeTable = {
  name: 'bronze_files',
  summary: 'one row per file received.',
  root: 'bronze/_ledger',
  partitionBy: [],
  configuration: { [FORMAT_PROPERTY]: String(FORMAT_VERSION) },
  columns: [
    ledgerColumn('file_number', 'long', 'place in the order of reception [1 = first]'),
    ledgerColumn('path', 'string', 'where the file is, relative to the lake; unique'),
    ledgerColumn('source', 'string', 'who delivered it'),
    ledgerColumn('size_bytes', 'long', 'size as stored [bytes]'),
    ledgerColumn('text_bytes', 'long', 'size after decompression [bytes]'),
    ledgerColumn('line_count', 'long', 'lines received, blank ones not counted [lines]'),
    ledgerColumn('blank_line_count', 'long', 'lines of nothing but white space [lines]'),
    ledgerColumn('sha256', 'string', 'SHA-256 of the bytes as stored, in hexadecimal'),
    ledgerColumn('received_at', 'timestamp', 'when the file was received [UTC, microseconds]'),
    ledgerColumn(
      'needs_exact_read',
      'boolean',
      'the text begins with a byte-order mark, which text readers drop or take for a character',
    ),
    ledgerColumn(
      'repeats',
      'string',
      'path of a file received before with the same bytes, whose lines do not count again; null: none',
    ),
  ],
};

const QUARANTINE = define(
  'silver_quarantine',
  'silver/quarantine',
  'silver/quarantine',
  {
    received_date: 'date',
    received_at: 'timestamp',
    bronze_path: 'string',
    reason: 'string',
    raw_text: 'string',
    raw_base64: 'string',
  },
  ['received_date'],
);

const SESSIONS = define(
  'gold_sessions',
  'gold/sessions',
  'gold/sessions',
  {
    session_id: 'string',
    session_date: 'date',
    user_id: 'string',
    device: 'string',
    country: 'string',
    started_at: 'timestamp',
    ended_at: 'timestamp',
    duration_seconds: 'decimal(18,3)',
    event_count: 'long',
    page_view_count: 'long',
    product_view_count: 'long',
    add_to_cart_count: 'long',
    checkout_count: 'long',
    purchase_count: 'long',
    product_count: 'long',
    revenue: 'decimal(18,2)',
    session_number: 'integer',
    is_bounce: 'boolean',
    has_product_view: 'boolean',
    has_add_to_cart: 'boolean',
    has_purchase: 'boolean',
    is_cart_abandoned: 'boolean',
    funnel_step: 'integer',
  },
  ['session_date'],
);

const USERS = define(
  'gold_users',
  'gold/users',
  'gold/users',
  {
    user_id: 'string',
    session_count: 'long',
    event_count: 'long',
    purchase_count: 'long',
    revenue: 'decimal(18,2)',
    first_seen_at: 'timestamp',
    last_seen_at: 'timestamp',
    is_buyer: 'boolean',
  },
  [],
);

const CONVERSION_METRICS = define(
  'gold_conversion_metrics',
  'gold/conversion_metrics',
  'gold/conversion_metrics',
  {
    date: 'date',
    page_views: 'long',
    product_views: 'long',
    add_to_carts: 'long',
    checkouts: 'long',
    purchases: 'long',
    sessions: 'long',
    users: 'long',
    sessions_with_product_view: 'long',
    sessions_with_add_to_cart: 'long',
    sessions_with_purchase: 'long',
    sessions_with_cart_and_purchase: 'long',
    bounces: 'long',
    product_view_rate: 'double',
    add_to_cart_rate: 'double',
    cart_to_purchase_rate: 'double',
    conversion_rate: 'double',
    cart_abandonment_rate: 'double',
    bounce_rate: 'double',
    purchases_per_product_view: 'double',
    purchases_per_add_to_cart: 'double',
  },
  [],
);

const EVENT_METRICS = define(
  'gold_event_metrics',
  'gold/event_metrics',
  'gold/event_metrics',
  {
    date: 'date',
    event_type: 'string',
    device: 'string',
    country: 'string',
    event_count: 'long',
    session_count: 'long',
    user_count: 'long',
  },
  ['date'],
);

const FUNNEL = define(
  'gold_funnel',
  'gold/funnel',
  'gold/funnel',
  {
    session_date: 'date',
    device: 'string',
    country: 'string',
    sessions: 'long',
    reached_product_view: 'long',
    reached_add_to_cart: 'long',
    reached_checkout: 'long',
    reached_purchase: 'long',
  },
  ['session_date'],
);

const PRODUCTS = define(
  'gold_products',
  'gold/products',
  'gold/products',
  {
    date: 'date',
    product_id: 'string',
    views: 'long',
    add_to_carts: 'long',
    purchases: 'long',
    sessions: 'long',
    revenue: 'decimal(18,2)',
    view_to_cart_rate: 'double',
    cart_to_purchase_rate: 'double',
  },
  ['date'],
);

function define(
  name: string,
  root: string,
  model: string,
  types: Readonly<Record<string, PrimitiveType>>,
  partitionBy: readonly string[],
): LakeTable {
  const sql = readModel(model);
  const comments = columnComments(sql);
  return {
    name,
    summary: tableSummary(sql) ?? '',
    root,
    partitionBy,
    configuration: { [FORMAT_PROPERTY]: String(FORMAT_VERSION) },
    columns: Object.entries(types).map(([column, type]): DeltaColumn => {
      const comment = comments.get(column);
      return { name: column, type, nullable: true, ...(comment === undefined ? {} : { comment }) };
    }),
  };
}

function ledgerColumn(name: string, type: PrimitiveType, comment: string): DeltaColumn {
  return { name, type, nullable: true, comment };
}
