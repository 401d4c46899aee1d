/** Guesses which path has the event type, and which types its values mean. */
import { addWhatFills } from './propose-fields.ts';
import { plainName, rankOf } from './propose-names.ts';
import { distinctValues, type PathFacts, type Survey } from './propose-survey.ts';
import { looksLikeWord } from './propose-values.ts';

/** Event types that need no mapping: from lower-case spelling to canonical name. */
export type TypeNames = ReadonlyMap<string, string>;

export interface FoundType {
  /** The spelling in the records, in lower case. */
  sent: string;
  /** The guessed event type; undefined: unknown. */
  name: string | undefined;
  records: number;
}

const PATH_NAMES =
  'eventtype eventname event action eventaction type name activity interaction behaviortype behavior hittype verb actionname kind eventkind'.split(
    ' ',
  );

/** More spellings, in the form of `plainName`. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...spelled('page_view', 'pageview pageviewed viewpage screen screenview visit pageload'),
  ...spelled(
    'product_view',
    'viewproduct productview productviewed viewitem itemview itemviewed viewcontent productdetail productdetails productdetailview detail detailview productpage productclick pdp pdpview viewpdp viewproductdetail viewproductdetails itemdetail',
  ),
  ...spelled('search', 'searched sitesearch productsearch searchquery viewsearchresults'),
  ...spelled(
    'add_to_cart',
    'cart addtocart addcart cartadd addedtocart productadded itemadded additem addtobasket addbasket basketadd addedtobasket basket addtobag addbag bagadd addedtobag cartadded',
  ),
  ...spelled(
    'remove_from_cart',
    'removefromcart removecart cartremove removedfromcart productremoved itemremoved removeitem removefrombasket removebasket basketremove removefrombag deletefromcart cartdelete',
  ),
  ...spelled(
    'checkout',
    'begincheckout startcheckout checkoutstart checkoutstarted initiatecheckout checkoutbegin startedcheckout checkoutinitiated proceedtocheckout gotocheckout',
  ),
  ...spelled(
    'purchase',
    'purchased buy bought order ordered ordercompleted orderplaced placeorder ordercreated completepurchase purchasecompleted purchasecomplete purchasesuccess checkoutcompleted checkoutcomplete checkoutsuccess ordercomplete completeorder orderconfirmed orderconfirmation confirmorder ordersuccess ordersubmitted orderpaid paymentsuccess paymentsuccessful paymentcompleted transaction sale conversion',
  ),
  ...spelled('refund', 'refund refunded orderrefunded'),
};

/** A view of a product if the record has one, else of a page. */
const VIEWS = new Set(['view', 'viewed', 'views']);

/** Paths with a known name come first, then those with more values that are known types. */
export function guessTypePaths(survey: Survey, known: TypeNames): PathFacts[] {
  const candidates = survey.paths
    .filter((facts) => facts.filled > 0 && isVocabulary(facts))
    .map((facts) => ({ facts, rank: rankOf(facts.path, PATH_NAMES), hits: hitsOf(facts, known) }))
    .filter(({ facts, rank, hits }) => rank !== -1 || hits >= facts.filled / 2)
    .toSorted((a, b) => {
      const isNamed = Number(b.rank !== -1 && b.hits > 0) - Number(a.rank !== -1 && a.hits > 0);
      return isNamed || b.hits - a.hits || rankLast(a.rank) - rankLast(b.rank);
    });
  const [best, ...others] = candidates;
  if (best === undefined) {
    return [];
  }
  const further = others.filter(({ rank, hits }) => rank !== -1 && hits > 0);
  return addWhatFills(
    [best, ...further].map(({ facts }) => facts),
    survey.records.length,
  );
}

/** The types that occur, the most frequent first. `hasProduct` is indexed by record. */
export function readTypes(
  sent: readonly (string | undefined)[],
  hasProduct: (index: number) => boolean,
  known: TypeNames,
): FoundType[] {
  const counts = new Map<string, { records: number; products: number }>();
  for (const [index, text] of sent.entries()) {
    const spelling = text?.trim().toLowerCase() ?? '';
    if (spelling !== '') {
      const count = counts.get(spelling) ?? { records: 0, products: 0 };
      count.records += 1;
      count.products += hasProduct(index) ? 1 : 0;
      counts.set(spelling, count);
    }
  }
  return [...counts]
    .map(([spelling, { records, products }]) => ({
      ...{ sent: spelling, records },
      name: nameOf(spelling, known, products * 2 >= records),
    }))
    .toSorted((a, b) => b.records - a.records || (a.sent < b.sent ? -1 : 1));
}

function nameOf(spelling: string, known: TypeNames, hasProducts: boolean): string | undefined {
  const plain = plainName(spelling);
  const meant = VIEWS.has(plain) ? (hasProducts ? 'product_view' : 'page_view') : SPELLINGS[plain];
  const isCanonical = meant !== undefined && [...known.values()].includes(meant);
  return known.get(spelling) ?? (isCanonical ? meant : undefined);
}

function hitsOf({ values }: PathFacts, known: TypeNames): number {
  const names = new Map<string, boolean>();
  let hits = 0;
  for (const text of values) {
    if (text === undefined) {
      continue;
    }
    const isKnown = names.get(text) ?? nameOf(text.trim().toLowerCase(), known, true) !== undefined;
    names.set(text, isKnown);
    hits += isKnown ? 1 : 0;
  }
  return hits;
}

/** Whether the values are words, and few compared with the number of records. */
function isVocabulary(facts: PathFacts): boolean {
  const words = [...distinctValues(facts)];
  return words.length <= Math.max(20, facts.filled / 10) && words.every(looksLikeWord);
}

function rankLast(rank: number): number {
  return rank === -1 ? PATH_NAMES.length : rank;
}

function spelled(name: string, spellings: string): Record<string, string> {
  return Object.fromEntries(spellings.split(' ').map((spelling) => [spelling, name]));
}
