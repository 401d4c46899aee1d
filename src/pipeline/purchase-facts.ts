/** What the sums of Gold leave open: it adds the amounts of purchase events as they were sent. */
import { type LakeContext, loadTable } from './context.ts';

export interface PurchaseFacts {
  /** Of all purchase events. More than one: their amounts are added up all the same. */
  currencyCount: number;
  /** The most frequent ones, at most ten, upper case. */
  currencies: string[];
  /** Distinct order ids of purchase events. */
  orders: number;
  /** Those in several purchase events: product lines of one order, or the same order sent again. */
  ordersOfSeveralEvents: number;
}

/**
 * Reads three columns of `silver_events`. Undefined where its files would have to be fetched first: on a
 * remote lake that is the whole history.
 */
export async function readPurchaseFacts(context: LakeContext): Promise<PurchaseFacts | undefined> {
  const { engine, tables } = context;
  if (!engine.session.readsInPlace) return undefined;
  await engine.session.showTable(tables.events, await loadTable(context, tables.events));
  const [counts] = await engine.session.query(
    `SELECT CAST(count(*) AS BIGINT), CAST(count(CASE WHEN events > 1 THEN 1 END) AS BIGINT)
     FROM (
       SELECT count(*) AS events FROM silver_events
       WHERE event_type = 'purchase' AND order_id IS NOT NULL
       GROUP BY order_id
     ) AS purchases_by_order`,
  );
  const currencies = await engine.session.query(
    `SELECT upper(currency) AS code, CAST(count(*) OVER () AS BIGINT) AS currency_count
     FROM silver_events
     WHERE event_type = 'purchase' AND currency IS NOT NULL
     GROUP BY upper(currency)
     ORDER BY count(*) DESC, code
     LIMIT 10`,
  );
  return {
    currencyCount: Number(currencies[0]?.[1] ?? 0),
    currencies: currencies.map(([code]) => String(code)),
    orders: Number(counts?.[0] ?? 0),
    ordersOfSeveralEvents: Number(counts?.[1] ?? 0),
  };
}
