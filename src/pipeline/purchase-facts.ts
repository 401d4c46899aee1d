/** What the sums of orders leave open: several currencies, and order ids that may stand for no order. */
import type { Snapshot } from '../delta/snapshot.ts';
import { parseStatistics } from '../delta/statistics.ts';
import type { Row } from '../engines/engine.ts';
import { type LakeContext, loadTable } from './context.ts';

/** Of the whole lake. */
export interface PurchaseFacts extends NewPurchases {
  orders: number;
}

/** The same as far as the orders that a run computed tell. */
export interface NewPurchases {
  /** More than one: their amounts are added up all the same. */
  currencyCount: number;
  /** The most frequent ones, at most ten, upper case. */
  currencies: string[];
  /** The ids with the most purchase events, at most ten. */
  suspiciousIds: { id: string; deliveries: number }[];
}

const MAX_LISTED = 10;

/** Reads three columns of `gold_orders`. */
export async function readPurchaseFacts(context: LakeContext): Promise<PurchaseFacts> {
  const { engine, tables } = context;
  const snapshot = await loadTable(context, tables.orders);
  await engine.session.showTable(tables.orders, snapshot);
  const [counts] = await engine.session.query('SELECT CAST(count(*) AS BIGINT) FROM gold_orders');
  const currencies = await engine.session.query(
    `SELECT currency, CAST(count(*) OVER () AS BIGINT) AS currency_count
     FROM gold_orders WHERE currency IS NOT NULL
     GROUP BY currency ORDER BY count(*) DESC, currency LIMIT ${MAX_LISTED}`,
  );
  const suspicious = await engine.session.query(
    `SELECT order_id, delivery_count FROM gold_orders
     WHERE is_suspicious_order(order_id, delivery_count)
     ORDER BY delivery_count DESC, order_id LIMIT ${MAX_LISTED}`,
  );
  return {
    orders: Number(counts?.[0] ?? 0),
    currencyCount: Number(currencies[0]?.[1] ?? 0),
    currencies: currencies.map(([code]) => String(code)),
    suspiciousIds: suspicious.map(suspiciousId),
  };
}

/**
 * What models/gold/purchase_facts.sql has counted, and currencies of other orders, as far as the statistics
 * of files tell: no file is read for it.
 */
export function newPurchases(counts: readonly Row[], orders: Snapshot | undefined): NewPurchases {
  const rows = counts.filter(([fact]) => fact === 'currency');
  const found = rows.map(([, currency]) => String(currency));
  const others = found.length === MAX_LISTED ? [] : otherCurrencies(orders, found);
  return {
    currencyCount: Number(rows[0]?.[3] ?? 0) + others.length,
    currencies: [...found, ...others].slice(0, MAX_LISTED),
    suspiciousIds: counts
      .filter(([fact]) => fact !== 'currency')
      .map(([, id, deliveries]) => suspiciousId([id, deliveries])),
  };
}

function suspiciousId([id, deliveries]: Row): { id: string; deliveries: number } {
  return { id: String(id), deliveries: Number(deliveries) };
}

/** The least and the greatest currency of each file. */
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
