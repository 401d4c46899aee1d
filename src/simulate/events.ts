/** The kinds of events, in the order of the event contract; acts and records hold their index. */
export const EVENT_TYPES = [
  'page_view',
  'product_view',
  'search',
  'add_to_cart',
  'remove_from_cart',
  'checkout',
  'purchase',
  'refund',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export const TYPE = {
  pageView: 0,
  productView: 1,
  search: 2,
  addToCart: 3,
  removeFromCart: 4,
  checkout: 5,
  purchase: 6,
  refund: 7,
} as const;

/** The kinds of pages; a page is `kind * PAGE_SPAN + detail`, as a category, product or campaign. */
export const PAGE = {
  none: 0,
  home: 1,
  list: 2,
  product: 3,
  search: 4,
  cart: 5,
  checkout: 6,
  thanks: 7,
  /** Not a page of the shop: where visitors come from. */
  external: 8,
  /** The home page with a campaign's parameters. */
  campaign: 9,
} as const;
export const PAGE_SPAN = 2 ** 24;

export function pageOf(kind: number, detail: number): number {
  return kind * PAGE_SPAN + detail;
}

/** Instead of a quantity: not told, or told in a way that is not a number. */
export const QUANTITY_OMITTED = 0;
export const QUANTITY_UNREADABLE = 255;
/** Instead of a price. */
export const PRICE_NONE = -1;
export const PRICE_UNREADABLE = -2;
export const NO_PRODUCT = -1;
export const NO_ORDER = -1;
