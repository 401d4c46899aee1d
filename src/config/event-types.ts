/**
 * The built-in event names: the canonical names, and the names of Google Analytics 4 and Segment for
 * the same events. Configuration can replace the list and
 * add to the aliases.
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
 * Lower-case spelling -> canonical name. Names that are the same everywhere (`page_view`,
 * `purchase` …) need no alias. GA4's `view_item_list` is absent: a list is not a product view.
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
