/**
 * The built-in event types, and the names that Google Analytics 4 and Segment use for them. The
 * configuration can replace the list and add aliases.
 */

export const BUILT_IN_EVENT_TYPES = [
  'page_view',
  'product_view',
  'search',
  'add_to_cart',
  'remove_from_cart',
  'checkout',
  'purchase',
  'refund',
] as const;

/**
 * From lower-case spelling to canonical name. Names that are the same everywhere (`page_view`,
 * `purchase` …) need no alias. GA4's `view_item_list` is left out: a list is not a product view.
 */
export const BUILT_IN_EVENT_TYPE_ALIASES: Readonly<Record<string, string>> = {
  // Google Analytics 4, recommended e-commerce events
  view_item: 'product_view',
  view_search_results: 'search',
  begin_checkout: 'checkout',
  // Segment, e-commerce specification
  page: 'page_view',
  'page viewed': 'page_view',
  'product viewed': 'product_view',
  'products searched': 'search',
  'product added': 'add_to_cart',
  'product removed': 'remove_from_cart',
  'checkout started': 'checkout',
  'order completed': 'purchase',
  'order refunded': 'refund',
};
