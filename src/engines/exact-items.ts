/**
 * Reads the items of a record as one JSON text that all engines read alike: an array of objects
 * with `item_number`, from 1, and the fields of the item. All values are strings.
 */
import {
  type JsonScalar,
  readJsonElements,
  readJsonScalar,
  readJsonValue,
} from '../bronze/json-line.ts';
import type { ItemsLayout } from '../mapping/record-layout.ts';
import { dropMissing, firstValue, isMissing, scalarText } from './exact-values.ts';

const NUMERIC: ReadonlySet<string> = new Set(['price', 'quantity']);

type Values = readonly (JsonScalar | undefined)[];
type Item = Record<string, string>;

/**
 * Null: there are none. Elements that are not items, such as null, are skipped. `onPlace` is called
 * with each place that has a value.
 */
export function readItems(
  layout: ItemsLayout,
  values: Values,
  onPlace: (place: number) => void = () => {},
): string | null {
  for (const place of layout.lists.places) {
    const list = values[place];
    const items = list?.type === 'container' ? readItemList(layout, list.text, onPlace) : null;
    if (items !== null) {
      return items;
    }
  }
  return numberItems(parallel(layout, values));
}

/** Reads an array of objects, or a single object. */
function readItemList(
  layout: ItemsLayout,
  json: string,
  onPlace: (place: number) => void,
): string | null {
  // Some senders write a list of one element as an object.
  const texts = readJsonElements(json) ?? [json];
  return numberItems(texts.map((text) => objectItem(layout, text, onPlace)));
}

function numberItems(items: readonly Item[]): string | null {
  const numbered = items.filter((item) => Object.keys(item).length > 0);
  return numbered.length === 0
    ? null
    : JSON.stringify(numbered.map((item, index) => ({ item_number: String(index + 1), ...item })));
}

function objectItem(
  { lists, missing }: ItemsLayout,
  text: string,
  onPlace: (place: number) => void,
): Item {
  if (!text.startsWith('{')) {
    return {};
  }
  const { root, placeCount, fields } = lists;
  const values = readJsonValue(text, root, placeCount);
  for (const [place, value] of values.entries()) {
    if (value !== undefined) {
      onPlace(place);
    }
  }
  const found = dropMissing(values, missing);
  return itemOf(fields.map(({ name, places }) => [name, firstValue(places, found)]));
}

/**
 * Combines arrays, one per field, into items: as many as the longest array has values. A single
 * value counts as an array of one.
 */
function parallel({ arrays, missing }: ItemsLayout, values: Values): Item[] {
  const columns = arrays.map(({ name, places }) => ({
    name,
    values: dropMissing(elementsOf(places, values), missing),
  }));
  const count = Math.max(0, ...columns.map((column) => column.values.length));
  return Array.from({ length: count }, (_, index) =>
    itemOf(columns.map((column) => [column.name, column.values[index]])),
  );
}

function elementsOf(places: readonly number[], values: Values): (JsonScalar | undefined)[] {
  const value = firstValue(places, values);
  if (value?.type !== 'container') {
    return value === undefined || value.type === 'null' ? [] : [value];
  }
  return (readJsonElements(value.text) ?? []).map((text) => readJsonScalar(text));
}

function itemOf(fields: readonly (readonly [string, JsonScalar | undefined])[]): Item {
  const item: Item = {};
  for (const [name, value] of fields) {
    const text = scalarText(value, NUMERIC.has(name));
    if (text !== null && !isMissing(text)) {
      item[name] = text;
    }
  }
  return item;
}
