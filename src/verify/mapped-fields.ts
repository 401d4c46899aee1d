/** Reads the fields and items of a record by its source's mapping, path by path. */
import { createHash } from 'node:crypto';
import { FIELD_NAMES, type FieldName } from '../contract/fields.ts';
import type { ItemField, ItemPaths, Items, Mapping } from '../mapping/mapping.ts';
import { expandExponent, parseHundredths, parseInt32 } from './decimal-text.ts';
import type { FieldText } from './line-judge.ts';
import { find, findFirst, isMissing, parseTree, type Tree } from './record-tree.ts';

export interface MappedItem {
  texts: Partial<Record<ItemField, string>>;
  quantity: number | null;
  /** In hundredths of the currency unit. */
  price: bigint | null;
}

/** Sets the fields and returns the items. `json` must be an object. */
export function readMapped(
  mapping: Mapping,
  fields: Record<FieldName, FieldText>,
  json: string,
): MappedItem[] {
  const record = parseTree(json, mapping.missing);
  for (const name of FIELD_NAMES) {
    fields[name].clear();
    const found = findFirst(record, mapping.fields.get(name) ?? []);
    const constant = mapping.constants.get(name);
    if (found !== undefined) {
      setField(fields[name], found);
    } else if (constant !== undefined) {
      setField(fields[name], { kind: 'text', text: constant });
    }
  }
  const { event_id: id } = fields;
  if (mapping.hasContentIds && id.start === -1 && id.kind !== 'container') {
    const hash = createHash('sha256').update(json.replace(/^[\t-\r ]+|[\t-\r ]+$/g, ''));
    setField(fields.event_id, { kind: 'text', text: hash.digest('hex').slice(0, 32) });
  }
  const visitor = textOf(fields.anonymous_id) ?? textOf(fields.user_id);
  const session = textOf(fields.session_id);
  if (mapping.hasVisitorSessions && visitor !== undefined && session !== undefined) {
    setField(fields.session_id, { kind: 'text', text: `${visitor}.${session}` });
  }
  return mapping.items === undefined ? [] : readItems(mapping.items, record);
}

function setField(field: FieldText, tree: Tree): void {
  field.clear();
  if (tree.kind === 'object' || tree.kind === 'array') {
    field.kind = 'container';
  } else if (tree.kind !== 'null') {
    field.kind = tree.kind;
    const bytes = Buffer.from(tree.text);
    field.set(bytes, 0, bytes.length);
  }
}

function textOf(field: FieldText): string | undefined {
  return field.start === -1 ? undefined : field.bytes.toString('utf8', field.start, field.end);
}

function readItems({ from, fields, arrays }: Items, record: Tree): MappedItem[] {
  for (const path of from) {
    const rows = listOf(find(record, path)).map((item) => rowOf(fields, item));
    const items = itemsOf(namesOf(fields), rows);
    if (items.length > 0) {
      return items;
    }
  }
  return itemsOf(namesOf(arrays), zip(rowOf(arrays, record).map(elementsOf)));
}

function namesOf(fields: ItemPaths): ItemField[] {
  return Object.keys(fields) as ItemField[];
}

function rowOf(fields: ItemPaths, tree: Tree): (Tree | undefined)[] {
  return namesOf(fields).map((name) => findFirst(tree, fields[name] ?? []));
}

function itemsOf(
  names: readonly ItemField[],
  rows: readonly (readonly (Tree | undefined)[])[],
): MappedItem[] {
  return rows
    .map((values) => itemOf(names, values))
    .filter(({ texts }) => Object.keys(texts).length > 0);
}

function listOf(tree: Tree | undefined): Tree[] {
  if (tree?.kind === 'object') {
    return [tree];
  }
  return tree?.kind === 'array' ? tree.elements : [];
}

function elementsOf(tree: Tree | undefined): Tree[] {
  if (tree === undefined || tree.kind === 'null' || tree.kind === 'object') {
    return [];
  }
  return tree.kind === 'array' ? tree.elements : [tree];
}

function zip(columns: readonly Tree[][]): (Tree | undefined)[][] {
  const count = Math.max(0, ...columns.map((column) => column.length));
  return Array.from({ length: count }, (_, index) => columns.map((column) => column[index]));
}

function itemOf(names: readonly ItemField[], values: readonly (Tree | undefined)[]): MappedItem {
  const texts: MappedItem['texts'] = {};
  for (const [index, name] of names.entries()) {
    const value = values[index];
    if (value !== undefined && 'text' in value && !isMissing(value)) {
      const isNumber = value.kind === 'number' && (name === 'price' || name === 'quantity');
      texts[name] = isNumber ? expandExponent(value.text) : value.text;
    }
  }
  return {
    texts,
    quantity: parseInt32(trim(texts.quantity)) ?? null,
    price: parseHundredths(trim(texts.price)) ?? null,
  };
}

function trim(text: string | undefined): string {
  return (text ?? '').replace(/^[\t-\r ]+|[\t-\r ]+$/g, '');
}
