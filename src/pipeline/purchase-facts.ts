/**
 * Facts that limit the meaning of revenue sums: several currencies, missing exchange rates, and
 * order ids that are repeated suspiciously often.
 */
import { CURRENCY_PROPERTY } from '../contract/gold-rules.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import { parseStatistics } from '../delta/statistics.ts';
import type { Row } from '../engines/engine.ts';
import { type LakeContext, loadTable } from './context.ts';

/** Facts about all orders of the lake. */
export interface PurchaseFacts extends SumFacts {
  orders: number;
}

/** Facts about the orders that a run computed. */
export interface NewPurchases extends SumFacts {
  /**
   * Number of orders whose events name several currencies, and the id of one. The currency of the
   * earliest purchase counts.
   */
  mixedOrders: { id: string; orders: number } | null;
}

interface SumFacts {
  /**
   * If more than one: amounts in different currencies are added as they are, unless `convertedTo`
   * is set.
   */
  currencyCount: number;
  /** The most frequent currencies, at most ten, in upper case. */
  currencies: string[];
  /** The currency that all amounts are converted to; null: amounts are added as sent. */
  convertedTo: string | null;
  /**
   * Orders that are in no sum, because an exchange rate for the order or its refund is missing: by
   * currency (null: unknown), at most ten.
   */
  unconverted: { currency: string | null; orders: number }[];
  /** The order ids with the most purchase events, at most ten. */
  suspiciousIds: { id: string; deliveries: number }[];
}

const MAX_LISTED = 10;

/** Amounts of orders and refunds, in their own currency and converted. */
const AMOUNTS = `
  SELECT order_id, currency, reported_revenue AS reported FROM gold_orders WHERE delivery_count > 0
  UNION ALL SELECT order_id, currency, reported_amount AS reported FROM gold_refunds`;

/** A query of its own: Spark cannot sort by a count that a window function stands beside. */
function ordersByCurrency(condition: string): string {
  return `SELECT currency, CAST(count(DISTINCT order_id) AS BIGINT) AS order_count
    FROM (${AMOUNTS}) AS a WHERE ${condition} GROUP BY currency`;
}

/** Reads all of `gold_orders` and `gold_refunds`, but only a few columns. */
export async function readPurchaseFacts(context: LakeContext): Promise<PurchaseFacts> {
  const { engine, tables } = context;
  for (const table of [tables.orders, tables.refunds]) {
    await engine.session.showTable(table, await loadTable(context, table));
  }
  const [counts] = await engine.session.query('SELECT CAST(count(*) AS BIGINT) FROM gold_orders');
  const currencies = await engine.session.query(
    `SELECT currency, CAST(count(*) OVER () AS BIGINT) AS currency_count
     FROM (${ordersByCurrency('currency IS NOT NULL')}) AS c
     ORDER BY order_count DESC, currency LIMIT ${MAX_LISTED}`,
  );
  const suspicious = await engine.session.query(
    `SELECT order_id, delivery_count FROM gold_orders
     WHERE is_suspicious_order(order_id, delivery_count)
     ORDER BY delivery_count DESC, order_id LIMIT ${MAX_LISTED}`,
  );
  const unconverted = await engine.session.query(
    `SELECT currency, order_count FROM (${ordersByCurrency('reported IS NULL')}) AS c
     ORDER BY order_count DESC, currency LIMIT ${MAX_LISTED}`,
  );
  const sessions = await loadTable(context, tables.sessions);
  return {
    convertedTo: sessions?.metadata.configuration[CURRENCY_PROPERTY] || null,
    unconverted: unconverted.map(unconvertedOrders),
    orders: Number(counts?.[0] ?? 0),
    currencyCount: Number(currencies[0]?.[1] ?? 0),
    currencies: currencies.map(([code]) => String(code)),
    suspiciousIds: suspicious.map(suspiciousId),
  };
}

/**
 * Combines the counts of models/gold/purchase_facts.sql with the currencies of earlier orders.
 * Those come from file statistics; no data file is read.
 */
export function newPurchases(
  counts: readonly Row[],
  { orders, convertedTo }: { orders: Snapshot | undefined; convertedTo: string | undefined },
): NewPurchases {
  const rowsOf = (wanted: string): Row[] =>
    counts.filter(([fact]) => fact === wanted).map(([, ...row]) => row);
  const rows = rowsOf('currency');
  const [mixed] = rowsOf('mixed order');
  const found = rows.map(([currency]) => String(currency));
  const others = found.length === MAX_LISTED ? [] : otherCurrencies(orders, found);
  return {
    currencyCount: Number(rows[0]?.[2] ?? 0) + others.length,
    currencies: [...found, ...others].slice(0, MAX_LISTED),
    convertedTo: convertedTo ?? null,
    unconverted: rowsOf('unconverted').map(unconvertedOrders),
    mixedOrders: mixed === undefined ? null : { id: String(mixed[0]), orders: Number(mixed[1]) },
    suspiciousIds: rowsOf('suspicious order').map(suspiciousId),
  };
}

function unconvertedOrders([currency, orders]: Row): { currency: string | null; orders: number } {
  return { currency: currency == null ? null : String(currency), orders: Number(orders) };
}

function suspiciousId([id, deliveries]: Row): { id: string; deliveries: number } {
  return { id: String(id), deliveries: Number(deliveries) };
}

/** The minimum and maximum currency of each file. */
function otherCurrencies(orders: Snapshot | undefined, found: readonly string[]): string[] {
  if (orders === undefined) {
    return [];
  }
  const others = new Set<string>();
  for (const { stats } of orders.files) {
    const range = parseStatistics(stats, orders.metadata.schema)?.column('currency');
    for (const value of [range?.min, range?.max]) {
      if (typeof value === 'string' && !found.includes(value)) {
        others.add(value);
      }
    }
  }
  return [...others].sort();
}
