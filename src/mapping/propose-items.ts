/** Guesses where records have several products: in an array of objects, or in parallel arrays. */
import { ITEM_FIELDS, type ItemField } from './mapping.ts';
import { guessField } from './propose-fields.ts';
import { plainName, rankOf } from './propose-names.ts';
import { type JsonObject, type PathFacts, type Survey, surveyRecords } from './propose-survey.ts';
import { type Look, looksLikeNumber, looksLikeText } from './propose-values.ts';

export type ItemsText = Record<string, string[]>;

export interface ItemsGuess {
  text: ItemsText;
  /** Indexes of the records with products. */
  records: ReadonlySet<number>;
}

const IN_ITEM: Readonly<Record<ItemField, { looks: Look; names: string[] }>> = {
  product_id: {
    looks: looksLikeText,
    names: words(
      'productid sku itemid productsku variantid articleid contentid productcode id code product item',
    ),
  },
  product_name: { looks: looksLikeText, names: words('productname itemname name title') },
  category: {
    looks: looksLikeText,
    names: words('category itemcategory productcategory categoryname categorycode categoryid'),
  },
  brand: { looks: looksLikeText, names: words('brand itembrand productbrand vendor') },
  variant: { looks: looksLikeText, names: words('variant itemvariant productvariant') },
  price: {
    looks: looksLikeNumber,
    names: words('price unitprice itemprice productprice sellingprice saleprice'),
  },
  quantity: {
    looks: looksLikeNumber,
    names: words(
      'quantity qty count units itemquantity pieces piece pcs itemcount unitcount menge anzahl stück stueck stk qté quantité quantite cantidad',
    ),
  },
};

const MAX_LISTS = 4;

/**
 * Names of arrays that certainly contain products, even if their elements have few known fields.
 */
const LISTS = words(
  'products items lineitems orderitems cartitems orderlines lines cart basket contents goods articles productlist',
);

/** Names of arrays of single values. */
const ARRAYS: Readonly<Partial<Record<ItemField, string[]>>> = {
  product_id: words(
    'productids productid skus sku itemids itemid products items productskus contentids variantids',
  ),
  product_name: words('productnames productname itemnames names'),
  category: words('categories productcategories category'),
  brand: words('brands brand'),
  price: words('prices price productprices itemprices unitprices'),
  quantity: words('quantities quantity qty productquantities productquantity itemquantities'),
};

/** Undefined: records have at most one product, in fields of their own. */
export function guessItems(survey: Survey): ItemsGuess | undefined {
  const lists = listsOf(survey);
  const arrays = arraysOf(survey);
  if (lists.length === 0 && arrays.size === 0) {
    return undefined;
  }
  const inItem = guessItemFields(
    lists.flatMap(({ elements }) => elements),
    survey.missing,
  );
  const from = lists.map(({ text }) => text);
  const ids = arrays.get('product_id') ?? [];
  return {
    text: { ...(from.length === 0 ? {} : { from }), ...itemTexts(inItem, arrays) },
    records: new Set([
      ...lists.flatMap(({ objectLists }) => [...objectLists]),
      ...ids.flatMap((facts) => [...facts.lists]),
    ]),
  };
}

/** Paths into an object of the list, then arrays of the record. */
function itemTexts(
  inItem: ReadonlyMap<ItemField, PathFacts[]>,
  arrays: ReadonlyMap<ItemField, PathFacts[]>,
): ItemsText {
  const texts: ItemsText = {};
  for (const name of ITEM_FIELDS) {
    const ofObject = (inItem.get(name) ?? []).map(({ text }) => text);
    const ofRecord = (arrays.get(name) ?? []).map(({ text }) => `${text}[]`);
    if (ofObject.length + ofRecord.length > 0) {
      texts[name] = [...ofObject, ...ofRecord];
    }
  }
  return texts;
}

/**
 * Arrays of objects that name products, the most frequent first. Each has records that the earlier
 * ones lack.
 */
function listsOf({ paths, missing }: Survey): PathFacts[] {
  const candidates = paths
    .filter((facts) => facts.objectLists.size > 0)
    .filter((facts) => isProducts(facts, guessItemFields(facts.elements, missing)))
    .toSorted((a, b) => b.objectLists.size - a.objectLists.size);
  const chosen: PathFacts[] = [];
  const covered = new Set<number>();
  for (const facts of candidates) {
    if (chosen.length < MAX_LISTS && [...facts.objectLists].some((index) => !covered.has(index))) {
      chosen.push(facts);
      facts.objectLists.forEach((index) => {
        covered.add(index);
      });
    }
  }
  return chosen;
}

function guessItemFields(
  elements: readonly JsonObject[],
  missing: ReadonlySet<string>,
): Map<ItemField, PathFacts[]> {
  const survey = surveyRecords(elements, missing);
  return new Map(ITEM_FIELDS.map((name) => [name, guessField(survey, IN_ITEM[name]).paths]));
}

function isProducts({ path }: PathFacts, fields: Map<ItemField, PathFacts[]>): boolean {
  const ids = fields.get('product_id') ?? [];
  const isNamed = rankOf(path, LISTS) !== -1;
  const isCertain = ids.some(({ path: idPath }) => /product|sku|item/.test(lastName(idPath)));
  return ids.length > 0 && (isNamed || isCertain);
}

/** By field: arrays of single values with a name of it. Empty unless one of them has products. */
function arraysOf(survey: Survey): Map<ItemField, PathFacts[]> {
  const found = new Map<ItemField, PathFacts[]>();
  for (const name of ITEM_FIELDS) {
    const names = ARRAYS[name] ?? [];
    const paths = survey.paths
      .filter(({ lists, path }) => lists.size > 0 && rankOf(path, names) !== -1)
      .toSorted((a, b) => rankOf(a.path, names) - rankOf(b.path, names));
    if (paths.length > 0) {
      found.set(name, paths);
    }
  }
  return found.has('product_id') ? found : new Map();
}

function lastName(path: PathFacts['path']): string {
  const last = path.at(-1);
  return last?.kind === 'key' ? plainName(last.key) : '';
}

function words(text: string): string[] {
  return text.split(' ');
}
