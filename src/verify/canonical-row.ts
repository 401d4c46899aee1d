/**
 * The tables in the form in which `verify` compares them: their columns in order, and one
 * JavaScript value per cell for both sides. Written by hand, not derived from the models.
 */

import { CONTRACT_FIELDS, type FieldKind } from '../contract/fields.ts';

export type ColumnType =
  | 'text'
  | 'integer'
  | 'timestamp'
  | 'date'
  | 'decimal(18,2)'
  | 'decimal(18,3)'
  | 'decimal(18,10)'
  | 'boolean'
  | 'double';

/**
 * Text and dates (`yyyy-mm-dd`) are strings, integers and doubles numbers, timestamps microseconds,
 * decimals their value times 10^scale.
 */
export type Cell = string | number | bigint | boolean | null;

export type TableName =
  | 'silver_events'
  | 'silver_items'
  | 'silver_quarantine'
  | 'gold_purchase_lines'
  | 'gold_refunds'
  | 'gold_order_items'
  | 'gold_identities'
  | 'gold_sessions'
  | 'gold_orders'
  | 'gold_users'
  | 'gold_rfm'
  | 'gold_conversion_metrics'
  | 'gold_event_metrics'
  | 'gold_funnel'
  | 'gold_channels'
  | 'gold_cohorts'
  | 'gold_products';

export interface ColumnShape {
  name: string;
  type: ColumnType;
  /** True if rows are counted by the values of this column. */
  isCounted: boolean;
}

export interface TableShape {
  name: TableName;
  columns: readonly ColumnShape[];
  /** Indexes of the key columns. */
  key: readonly number[];
}

/** A cell as a table's reader returns it: decimals as text, timestamps as bigint. */
export type TableValue = string | number | bigint | boolean | null;

const TYPE_OF_KIND: Readonly<Record<FieldKind, ColumnType>> = {
  text: 'text',
  lower: 'text',
  upper: 'text',
  instant: 'timestamp',
  quantity: 'integer',
  amount: 'decimal(18,2)',
};

export const TABLES: Readonly<Record<TableName, TableShape>> = {
  silver_events: shape(
    'silver_events',
    ['event_id'],
    [
      ...CONTRACT_FIELDS.map(({ name, kind }) =>
        name === 'event_type' ? counted(name, 'text') : column(name, TYPE_OF_KIND[kind]),
      ),
      column('item_count', 'integer'),
      counted('event_date', 'date'),
      column('bronze_path', 'text'),
      column('received_at', 'timestamp'),
    ],
  ),
  silver_items: shape(
    'silver_items',
    ['event_id', 'item_number'],
    [
      column('event_id', 'text'),
      counted('item_number', 'integer'),
      counted('event_date', 'date'),
      column('event_timestamp', 'timestamp'),
      counted('event_type', 'text'),
      ...texts(
        'session_id',
        'order_id',
        'currency',
        'product_id',
        'product_name',
        'category',
        'brand',
        'variant',
      ),
      column('price', 'decimal(18,2)'),
      column('quantity', 'integer'),
    ],
  ),
  silver_quarantine: shape(
    'silver_quarantine',
    ['bronze_path', 'raw_text', 'raw_base64'],
    [
      counted('received_date', 'date'),
      column('received_at', 'timestamp'),
      column('bronze_path', 'text'),
      counted('reason', 'text'),
      ...texts('raw_text', 'raw_base64'),
    ],
  ),
  gold_purchase_lines: shape(
    'gold_purchase_lines',
    ['event_id', 'line_number'],
    [
      column('event_id', 'text'),
      column('line_number', 'integer'),
      column('order_id', 'text'),
      column('event_timestamp', 'timestamp'),
      column('is_refund', 'boolean'),
      column('currency', 'text'),
      ...amounts('order_value', 'tax', 'shipping', 'discount'),
      column('product_id', 'text'),
      column('price', 'decimal(18,2)'),
      column('quantity', 'integer'),
    ],
  ),
  gold_refunds: shape(
    'gold_refunds',
    ['order_id', 'refunded_at'],
    [
      column('order_id', 'text'),
      column('refunded_at', 'timestamp'),
      column('refund_date', 'date'),
      column('currency', 'text'),
      ...amounts('amount', 'reported_amount'),
    ],
  ),
  gold_order_items: shape(
    'gold_order_items',
    ['order_id', 'product_id', 'price'],
    [
      ...texts('order_id', 'product_id'),
      column('price', 'decimal(18,2)'),
      column('order_date', 'date'),
      column('currency', 'text'),
      column('quantity', 'integer'),
      ...amounts('revenue', 'reported_revenue'),
    ],
  ),
  gold_identities: shape(
    'gold_identities',
    ['anonymous_id'],
    [
      ...texts('anonymous_id', 'user_id'),
      column('identified_at', 'timestamp'),
      column('identified_by', 'text'),
      column('first_seen_at', 'timestamp'),
      column('last_seen_at', 'timestamp'),
    ],
  ),
  gold_sessions: shape(
    'gold_sessions',
    ['session_id'],
    [
      column('session_id', 'text'),
      counted('session_date', 'date'),
      ...texts('visitor_id', 'user_id', 'anonymous_id', 'derived_from', 'device', 'country'),
      ...texts('landing_page', 'source', 'medium', 'campaign', 'channel'),
      column('start_hour', 'integer'),
      column('started_at', 'timestamp'),
      column('ended_at', 'timestamp'),
      column('duration_seconds', 'decimal(18,3)'),
      ...integers(
        'event_count',
        'page_view_count',
        'product_view_count',
        'add_to_cart_count',
        'checkout_count',
        'purchase_count',
        'product_count',
        'order_count',
      ),
      column('revenue', 'decimal(18,2)'),
      column('session_number', 'integer'),
      ...booleans(
        'is_bot',
        'is_bounce',
        'is_engaged',
        'has_product_view',
        'has_add_to_cart',
        'has_purchase',
        'is_cart_abandoned',
      ),
      counted('funnel_step', 'integer'),
    ],
  ),
  gold_orders: shape(
    'gold_orders',
    ['order_id'],
    [
      ...texts('order_id', 'first_event_id'),
      column('ordered_at', 'timestamp'),
      column('order_date', 'date'),
      ...texts('session_id', 'visitor_id', 'currency'),
      ...integers('item_count', 'quantity'),
      ...amounts('items_value', 'tax', 'shipping', 'discount'),
      ...amounts('revenue', 'refunded', 'net_revenue'),
      column('exchange_rate', 'decimal(18,10)'),
      ...amounts('reported_tax', 'reported_shipping', 'reported_discount'),
      ...amounts('reported_revenue', 'reported_refunded', 'reported_net_revenue'),
      column('is_first_order', 'boolean'),
      ...integers('days_since_first_session', 'days_since_previous_order'),
      ...texts('first_channel', 'last_non_direct_channel'),
      column('delivery_count', 'integer'),
    ],
  ),
  gold_users: shape(
    'gold_users',
    ['visitor_id'],
    [
      column('visitor_id', 'text'),
      ...integers('session_count', 'event_count', 'order_count'),
      column('revenue', 'decimal(18,2)'),
      column('first_seen_at', 'timestamp'),
      column('last_seen_at', 'timestamp'),
      column('first_seen_date', 'date'),
      column('first_channel', 'text'),
      column('is_buyer', 'boolean'),
    ],
  ),
  gold_rfm: shape(
    'gold_rfm',
    ['visitor_id'],
    [
      column('visitor_id', 'text'),
      column('last_order_date', 'date'),
      ...integers('days_since_last_order', 'order_count'),
      column('revenue', 'decimal(18,2)'),
      counted('recency_quintile', 'integer'),
      counted('frequency_quintile', 'integer'),
      counted('monetary_quintile', 'integer'),
      column('rfm', 'text'),
    ],
  ),
  gold_conversion_metrics: shape(
    'gold_conversion_metrics',
    ['date'],
    [
      column('date', 'date'),
      ...integers(
        'page_views',
        'product_views',
        'add_to_carts',
        'checkouts',
        'purchases',
        'sessions',
        'visitors',
        'sessions_with_product_view',
        'sessions_with_add_to_cart',
        'sessions_with_purchase',
        'sessions_with_cart_and_purchase',
        'bounces',
        'engaged_sessions',
        'bot_sessions',
        'bot_events',
        'orders',
      ),
      ...amounts('revenue', 'refunded'),
      column('unconverted_orders', 'integer'),
      ...doubles(
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
      ),
    ],
  ),
  gold_event_metrics: shape(
    'gold_event_metrics',
    ['date', 'event_type', 'device', 'country'],
    [
      column('date', 'date'),
      ...texts('event_type', 'device', 'country'),
      ...integers('event_count', 'bot_event_count'),
    ],
  ),
  gold_funnel: shape(
    'gold_funnel',
    ['session_date', 'device', 'country', 'channel'],
    [
      column('session_date', 'date'),
      ...texts('device', 'country', 'channel'),
      ...integers(
        'sessions',
        'reached_product_view',
        'reached_add_to_cart',
        'reached_checkout',
        'reached_purchase',
      ),
    ],
  ),
  gold_channels: shape(
    'gold_channels',
    ['session_date', 'channel', 'source', 'medium', 'campaign'],
    [
      column('session_date', 'date'),
      ...texts('channel', 'source', 'medium', 'campaign'),
      ...integers(
        'sessions',
        'visitors',
        'engaged_sessions',
        'bounces',
        'sessions_with_purchase',
        'orders',
      ),
      column('revenue', 'decimal(18,2)'),
    ],
  ),
  gold_cohorts: shape(
    'gold_cohorts',
    ['session_week', 'cohort_week', 'first_channel'],
    [
      column('session_week', 'date'),
      column('cohort_week', 'date'),
      column('first_channel', 'text'),
      ...integers('weeks_since', 'visitors', 'buyers', 'orders'),
      column('revenue', 'decimal(18,2)'),
    ],
  ),
  gold_products: shape(
    'gold_products',
    ['date', 'product_id'],
    [
      column('date', 'date'),
      ...texts('product_id', 'product_name', 'category', 'brand'),
      ...integers('views', 'add_to_carts', 'orders', 'quantity'),
      column('revenue', 'decimal(18,2)'),
      ...doubles('view_to_cart_rate', 'cart_to_purchase_rate'),
    ],
  ),
};

export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** Converts a value of a table's reader to a cell. */
export function toCell(type: ColumnType, value: TableValue): Cell {
  if (value === null) {
    return null;
  }
  switch (type) {
    case 'integer': {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : BigInt(value);
    }
    case 'timestamp':
      return BigInt(value);
    case 'decimal(18,2)':
      return scaled(String(value), 2);
    case 'decimal(18,3)':
      return scaled(String(value), 3);
    case 'decimal(18,10)':
      return scaled(String(value), 10);
    case 'double':
      return Number(value);
    default:
      return value;
  }
}

/** A cell as text for people. */
export function cellText(type: ColumnType, cell: Cell): string {
  if (cell === null) {
    return 'null';
  }
  switch (type) {
    case 'decimal(18,2)':
      return unscaled(BigInt(cell), 2);
    case 'decimal(18,3)':
      return unscaled(BigInt(cell), 3);
    case 'decimal(18,10)':
      return unscaled(BigInt(cell), 10);
    case 'timestamp':
      return timestampText(BigInt(cell));
    default:
      return String(cell);
  }
}

function scaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}

function unscaled(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function timestampText(micros: bigint): string {
  const millis = micros / 1000n;
  const iso = new Date(Number(millis)).toISOString();
  return `${iso.slice(0, -1)}${String(micros - millis * 1000n).padStart(3, '0')}Z`;
}

function shape(name: TableName, key: string[], columns: ColumnShape[]): TableShape {
  const names = columns.map((each) => each.name);
  return { name, columns, key: key.map((each) => names.indexOf(each)) };
}

function column(name: string, type: ColumnType): ColumnShape {
  return { name, type, isCounted: false };
}

function counted(name: string, type: ColumnType): ColumnShape {
  return { name, type, isCounted: true };
}

function texts(...names: string[]): ColumnShape[] {
  return names.map((name) => column(name, 'text'));
}

function integers(...names: string[]): ColumnShape[] {
  return names.map((name) => column(name, 'integer'));
}

function amounts(...names: string[]): ColumnShape[] {
  return names.map((name) => column(name, 'decimal(18,2)'));
}

function booleans(...names: string[]): ColumnShape[] {
  return names.map((name) => column(name, 'boolean'));
}

function doubles(...names: string[]): ColumnShape[] {
  return names.map((name) => column(name, 'double'));
}
