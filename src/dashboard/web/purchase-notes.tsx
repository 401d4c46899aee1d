/** What the sums of purchases leave open, said where the sums stand. */
import type { Purchases } from '../view.ts';
import { formatCount } from './format.ts';

export function PurchaseNotes({ purchases }: { purchases: Purchases | null }) {
  if (purchases === null) {
    return null;
  }
  const { currencies, currencyCount, suspiciousIds } = purchases;
  if (currencyCount < 2 && suspiciousIds.length === 0) {
    return null;
  }
  const more = currencyCount - currencies.length;
  return (
    <section class="notice notes" aria-label="What the sums of purchases leave open">
      {currencyCount > 1 && (
        <p>
          Orders are in {formatCount(currencyCount)} currencies ({currencies.join(', ')}
          {more > 0 && ` and ${formatCount(more)} more`}): revenue adds their amounts as they were
          sent.
        </p>
      )}
      {suspiciousIds.map(({ id, deliveries }) => (
        <p key={id}>
          The order id {id} comes in {formatCount(deliveries)} purchase events and counts as one
          order. If it stands for none, list it in orders.ignore_ids.
        </p>
      ))}
    </section>
  );
}
