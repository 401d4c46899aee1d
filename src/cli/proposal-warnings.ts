/** What a proposed mapping would lose although its events are valid. */
import type { JudgedRecords } from '../pipeline/judge-records.ts';
import type { Proposal } from '../pipeline/propose.ts';
import { formatCount } from './format.ts';
import { cutText, escapeControls } from './table.ts';

/** The maximum number of unknown event types in a warning. */
const MAX_TYPES = 8;

/** One sentence for each; empty: nothing is missing. */
export function listWarnings({ judged }: Proposal): string[] {
  if (judged.valid === 0) {
    return [];
  }
  return isPurchase(judged) ? warnOfAmounts(judged) : [warnOfNoPurchase(judged)];
}

function isPurchase({ eventTypes }: JudgedRecords): boolean {
  return eventTypes.some(({ name }) => name === 'purchase');
}

function warnOfNoPurchase({ eventTypes }: JudgedRecords): string {
  const unknown = eventTypes.filter(
    ({ outcome }) => outcome === 'quarantined' || outcome === 'kept',
  );
  const shown = unknown
    .slice(0, MAX_TYPES)
    .map(({ sent, records }) => `${cutText(escapeControls(sent), 40)} (${formatCount(records)})`);
  const more = unknown.length > shown.length ? ', …' : '';
  const types = shown.length === 0 ? '' : `; unknown types: ${shown.join(', ')}${more}`;
  return `no event type stands for purchase: there would be no orders and no revenue${types}`;
}

/** Warns only if no purchase has the amount: some shops send it with a part of their orders. */
function warnOfAmounts({ purchases }: JudgedRecords): string[] {
  const { events, withProduct, withQuantity, withPrice, withOrderValue } = purchases;
  if (events === 0) {
    return [];
  }
  const isQuantityMissing = withProduct > 0 && withQuantity === 0;
  return [
    ...(isQuantityMissing ? ['no quantity in purchases: each item counts as one piece'] : []),
    ...(withOrderValue > 0
      ? []
      : [
          withPrice > 0
            ? 'no order value in purchases: revenue is price x quantity'
            : 'no order value and no price in purchases: there would be no revenue',
        ]),
  ];
}
