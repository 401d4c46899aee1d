/** What the sums of purchases leave open, said where the sums stand. */
import type { Purchases } from '../view.ts';
import { formatCount } from './format.ts';

export function PurchaseNotes({ purchases }: { purchases: Purchases | null }) {
  if (purchases === null) {
    return null;
  }
  const { currencies, currencyCount, orders, ordersOfSeveralEvents } = purchases;
  if (currencyCount < 2 && ordersOfSeveralEvents === 0) {
    return null;
  }
  const more = currencyCount - currencies.length;
  return (
    <section class="notice notes" aria-label="What the sums of purchases leave open">
      {currencyCount > 1 && (
        <p>
          Purchases are in {formatCount(currencyCount)} currencies ({currencies.join(', ')}
          {more > 0 && ` and ${formatCount(more)} more`}): revenue adds their amounts as they were
          sent.
        </p>
      )}
      {ordersOfSeveralEvents > 0 && (
        <p>
          {formatCount(ordersOfSeveralEvents)} of {formatCount(orders)} orders have several purchase
          events. Each event counts, and its amount is added: right for one event per product line,
          too much for an order that was sent again.
        </p>
      )}
    </section>
  );
}
