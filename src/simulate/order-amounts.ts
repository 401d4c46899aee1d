/** What the shop says of a whole order, where it sends one event for it. */
export interface OrderAmounts {
  /** After the discount; with the tax, without the shipping. In hundredths, like all of them. */
  valueCents: number;
  taxCents: number;
  shippingCents: number;
  discountCents: number;
}

/** Orders of several products get something off; small ones pay for their shipping. */
const DISCOUNT_LINES = 3;
const DISCOUNT = 0.1;
const VAT = 0.19;
const SHIPPING_PART = 0.05;
const FREE_SHIPPING_LINES = 2;

/** `linesCents`: price times quantity of all lines. `unitCents`: the smallest amount of the currency. */
export function orderAmounts(
  linesCents: number,
  lineCount: number,
  unitCents: number,
): OrderAmounts {
  const round = (cents: number) => Math.round(cents / unitCents) * unitCents;
  const discountCents = lineCount >= DISCOUNT_LINES ? round(linesCents * DISCOUNT) : 0;
  const valueCents = linesCents - discountCents;
  return {
    valueCents,
    taxCents: round(valueCents - valueCents / (1 + VAT)),
    shippingCents: lineCount < FREE_SHIPPING_LINES ? round(linesCents * SHIPPING_PART) : 0,
    discountCents,
  };
}
