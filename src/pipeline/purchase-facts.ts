/** Currencies and repeated orders among the purchases: Gold adds their amounts as they were sent. */
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import { parseStatistics } from '../delta/statistics.ts';
import type { Row } from '../engines/engine.ts';
import { type LakeContext, loadTable } from './context.ts';

export interface PurchaseFacts extends NewPurchases {
  /** Distinct order ids of purchase events. */
  orders: number;
}

/** The same as far as the new events tell: of the purchase events on their dates. */
export interface NewPurchases {
  /** Of all purchase events. More than one: their amounts are added up all the same. */
  currencyCount: number;
  /** The most frequent ones, at most ten, upper case. */
  currencies: string[];
  /** Order ids in several purchase events: product lines of one order, or the same order sent again. */
  ordersOfSeveralEvents: number;
}

/**
 * Reads three columns of `silver_events`. Undefined where its files would have to be fetched first: on a
 * remote lake that is the whole history.
 */
export async function readPurchaseFacts(context: LakeContext): Promise<PurchaseFacts | undefined> {
  const { engine, tables } = context;
  if (!engine.session.readsInPlace) {
    return undefined;
  }
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

/** Files of other dates whose statistics are looked at, and those that are read. */
const MAX_FILES_LOOKED_AT = 1000;
const MAX_FILES_READ = 4;
const MAX_CURRENCIES = 10;

/**
 * What models/gold/purchase_facts.sql has counted, and currencies of purchases on other dates, as far as
 * the statistics of files lead to them: the work does not grow with the history.
 */
export async function newPurchases(
  context: LakeContext,
  counts: readonly Row[],
  { events, newFiles }: { events: Snapshot | undefined; newFiles: readonly AddFile[] | undefined },
): Promise<NewPurchases> {
  const rows = counts.filter(([fact]) => fact === 'currency');
  const repeated = counts.find(([fact]) => fact !== 'currency');
  const found = rows.map(([, currency]) => String(currency));
  // Where everything was computed, everything was counted.
  const isComplete = newFiles === undefined || found.length === MAX_CURRENCIES;
  const others = isComplete ? [] : await otherCurrencies(context, events, found);
  return {
    currencyCount: Number(rows[0]?.[3] ?? 0) + others.length,
    currencies: [...found, ...others].slice(0, MAX_CURRENCIES),
    ordersOfSeveralEvents: Number(repeated?.[2] ?? 0),
  };
}

/** Statistics are of all events: which currencies are those of purchases, a look into some files tells. */
async function otherCurrencies(
  { engine, tables }: LakeContext,
  events: Snapshot | undefined,
  found: readonly string[],
): Promise<string[]> {
  const files = [...filesByCurrency(events, found).values()].slice(0, MAX_FILES_READ);
  if (files.length === 0) {
    return [];
  }
  const name = 'events_in_other_currencies';
  await engine.session.showTable(
    tables.events,
    events,
    { kind: 'files', files: [...new Set(files)] },
    name,
  );
  const rows = await engine.session.query(
    `SELECT DISTINCT upper(currency) AS code FROM ${name}
     WHERE event_type = 'purchase' AND currency IS NOT NULL ORDER BY code LIMIT ${MAX_CURRENCIES}`,
  );
  await engine.session.drop([name]);
  return rows.map(([code]) => String(code)).filter((code) => !found.includes(code));
}

/** For each currency beside the ones found, a file that has it as its least or greatest. */
function filesByCurrency(
  events: Snapshot | undefined,
  found: readonly string[],
): Map<string, AddFile> {
  const files = new Map<string, AddFile>();
  if (events === undefined) {
    return files;
  }
  const step = Math.max(1, Math.ceil(events.files.length / MAX_FILES_LOOKED_AT));
  for (let index = 0; index < events.files.length; index += step) {
    const file = events.files[index];
    const range = parseStatistics(file?.stats, events.metadata.schema)?.column('currency');
    for (const value of [range?.min, range?.max]) {
      const code = typeof value === 'string' ? value.toUpperCase() : '';
      const isNew = code !== '' && !found.includes(code) && !files.has(code);
      if (file !== undefined && isNew) {
        files.set(code, file);
      }
    }
  }
  return files;
}
