/** Counts gold_rfm: recency, frequency and revenue of the buyers, in quintiles. */
import type { RfmRow } from './truth.ts';

export interface BuyerTally {
  /** `date`: days since the first simulated one, in ascending order or not. */
  addOrder(visitor: number, date: number, revenueCents: number): void;
  addRefund(visitor: number, cents: number): void;
  rows(): RfmRow[];
}

export function createBuyerTally(visitorCount: number): BuyerTally {
  const lastDate = new Int16Array(visitorCount).fill(-32_768);
  const orders = new Uint16Array(visitorCount);
  const netCents = new Float64Array(visitorCount);
  return {
    addOrder(visitor, date, revenueCents) {
      lastDate[visitor] = Math.max(lastDate[visitor]!, date);
      orders[visitor]!++;
      netCents[visitor]! += revenueCents;
    },
    addRefund(visitor, cents) {
      netCents[visitor]! -= cents;
    },
    rows() {
      const buyers: number[] = [];
      orders.forEach((count, visitor) => {
        if (count > 0) {
          buyers.push(visitor);
        }
      });
      const fifths = [lastDate, orders, netCents].map((values) => findFifths(buyers, values));
      const rows = new Map<string, RfmRow>();
      for (const visitor of buyers) {
        const name = fifths.map((fifthOf) => fifthOf(visitor)).join('');
        const row = rows.get(name) ?? [name, 0, 0, 0];
        rows.set(name, row);
        row[1] += 1;
        row[2] += orders[visitor]!;
        row[3] += netCents[visitor]!;
      }
      return [...rows.values()];
    },
  };
}

type PerVisitor = Int16Array | Uint16Array | Float64Array;

/** The quintile is 1 + floor(5 x buyers with a lower value / all buyers). */
function findFifths(buyers: readonly number[], values: PerVisitor): (visitor: number) => number {
  const sorted = buyers.map((visitor) => values[visitor]!).sort((a, b) => a - b);
  const worseThan = new Map<number, number>();
  sorted.forEach((value, index) => {
    if (!worseThan.has(value)) {
      worseThan.set(value, index);
    }
  });
  return (visitor) => 1 + Math.floor((5 * worseThan.get(values[visitor]!)!) / buyers.length);
}
