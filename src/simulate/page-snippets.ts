/** The two fields that hold addresses, as bytes by page. */
import { CATEGORIES, type Catalogue } from './catalogue.ts';
import { PAGE, PAGE_SPAN, pageOf } from './events.ts';
import { addressOf } from './pages.ts';
import { CAMPAIGNS, EXTERNAL_SITES, SEARCH_TERMS } from './vocabulary.ts';

export interface PageSnippets {
  /** `,"page_url":"…"` */
  pageUrl(page: number): Uint8Array;
  /** `,"referrer":"…"`, or nothing where there is none. */
  referrer(page: number): Uint8Array;
}

export function preparePages(catalogue: Catalogue): PageSnippets {
  const details = new Map<number, number>([
    [PAGE.home, 1],
    [PAGE.list, CATEGORIES.length],
    [PAGE.product, catalogue.count],
    [PAGE.search, SEARCH_TERMS.length],
    [PAGE.cart, 1],
    [PAGE.checkout, 1],
    [PAGE.thanks, 1],
    [PAGE.external, EXTERNAL_SITES.length],
    [PAGE.campaign, CAMPAIGNS.length],
  ]);
  const tabulate = (name: string): Uint8Array[][] => {
    const kinds: Uint8Array[][] = [[new Uint8Array(0)]];
    for (const [kind, count] of details) {
      kinds[kind] = Array.from({ length: count }, (_, detail) => {
        const address = addressOf(catalogue, pageOf(kind, detail));
        return new TextEncoder().encode(address === '' ? '' : `,"${name}":"${address}"`);
      });
    }
    return kinds;
  };
  const pageUrls = tabulate('page_url');
  const referrers = tabulate('referrer');
  return {
    pageUrl: (page) => pageUrls[(page / PAGE_SPAN) | 0]![page % PAGE_SPAN]!,
    referrer: (page) => referrers[(page / PAGE_SPAN) | 0]![page % PAGE_SPAN]!,
  };
}
