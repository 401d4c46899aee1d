/** What the sums of purchases leave open, said where the sums stand. */
import type { Purchases } from '../view.ts';
import { formatCount } from './format.ts';

/** The currency that all sums are in; null: none, or not known. */
export function currencyOf({ convertedTo, currencies, currencyCount }: Purchases): string | null {
  return convertedTo ?? (currencyCount === 1 ? (currencies[0] ?? null) : null);
}

export function PurchaseNotes({ purchases }: { purchases: Purchases | null }) {
  if (purchases === null) {
    return null;
  }
  const { currencies, currencyCount, convertedTo, unconverted, suspiciousIds } = purchases;
  const isMixed = convertedTo === null && currencyCount > 1;
  if (!isMixed && unconverted.length === 0 && suspiciousIds.length === 0) {
    return null;
  }
  const more = currencyCount - currencies.length;
  return (
    <section class="notice notes" aria-label="What the sums of purchases leave open">
      {isMixed && (
        <p>
          Orders are in {formatCount(currencyCount)} currencies ({currencies.join(', ')}
          {more > 0 && ` and ${formatCount(more)} more`}): revenue adds their amounts as they were
          sent.
        </p>
      )}
      {unconverted.map(({ currency, orders }) => (
        <p key={currency}>
          Orders {currency === null ? 'without a currency' : `in ${currency}`} without an exchange
          rate to {convertedTo}: {formatCount(orders)}. They count as orders, also in the average
          order value, but their money is in no sum.
        </p>
      ))}
      {suspiciousIds.map(({ id, deliveries }) => (
        <p key={id}>
          The order id {id} comes in {formatCount(deliveries)} purchase events and counts as one
          order. If it stands for none, list it in orders.ignore_ids.
        </p>
      ))}
    </section>
  );
}
