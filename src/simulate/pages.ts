/** The addresses of pages, ready to stand in a JSON string. */
import { CATEGORIES, type Catalogue } from './catalogue.ts';
import { PAGE, PAGE_SPAN } from './events.ts';
import { CAMPAIGNS, EXTERNAL_SITES, SEARCH_TERMS, SITE } from './vocabulary.ts';

/** The address of a page as `pageOf` numbers it; empty for none. */
export function addressOf(catalogue: Catalogue, page: number): string {
  const detail = page % PAGE_SPAN;
  switch (Math.floor(page / PAGE_SPAN)) {
    case PAGE.home:
      return `${SITE}/`;
    case PAGE.list:
      return `${SITE}/c/${CATEGORIES[detail]!.slug}`;
    case PAGE.product:
      return productAddress(catalogue, detail);
    case PAGE.search:
      return `${SITE}/search?q=${encodeURIComponent(SEARCH_TERMS[detail]!)}`;
    case PAGE.cart:
      return `${SITE}/cart`;
    case PAGE.checkout:
      return `${SITE}/checkout`;
    case PAGE.thanks:
      return `${SITE}/checkout/thank-you`;
    case PAGE.external:
      return EXTERNAL_SITES[detail]!;
    case PAGE.campaign: {
      const { source, medium, campaign } = CAMPAIGNS[detail]!;
      return `${SITE}/?utm_source=${source}&utm_medium=${medium}&utm_campaign=${campaign}`;
    }
    default:
      return '';
  }
}

function productAddress(catalogue: Catalogue, product: number): string {
  const category = CATEGORIES[catalogue.categories[product]!]!.slug;
  const name = catalogue.names[product]!.toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z0-9]+/g, '-');
  return `${SITE}/p/${category}/${name}-${catalogue.productIds[product]}`;
}
