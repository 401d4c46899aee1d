/**
 * Compiles a mapping for the readers of records: all paths in one tree, so that a record is read in
 * one pass, and for each field the places in the tree where its value can be.
 */
import { FIELD_NAMES, type FieldName } from '../contract/fields.ts';
import { ITEM_FIELDS, type ItemField, type ItemPaths, type Mapping } from './mapping.ts';
import { formatPath, type Path } from './path.ts';

/** What is needed of a value. */
export interface PathNode {
  keys: Map<string, PathNode>;
  indexes: Map<number, PathNode>;
  matches: { key: string; text: string; node: PathNode }[];
  /** The number of the place, if the value itself is wanted. */
  place: number | undefined;
}

export interface RecordLayout {
  root: PathNode;
  /** Paths as text, indexed by place. */
  places: readonly string[];
  /** The places of each field, in contract order. The first value that is not missing is used. */
  fields: readonly FieldPlaces[];
  /** The same for declared columns. */
  declared: readonly FieldPlaces[];
  /** Texts that count as missing. */
  missing: ReadonlySet<string>;
  hasContentIds: boolean;
  hasVisitorSessions: boolean;
  items: ItemsLayout | undefined;
}

/** Paths of the record and of its items on which some record has a value. */
export interface FoundPaths {
  record: ReadonlySet<string>;
  item: ReadonlySet<string>;
}

export interface FieldPlaces {
  name: string;
  places: readonly number[];
  constant: string | undefined;
}

export interface ItemsLayout {
  /** As for the record. */
  missing: ReadonlySet<string>;
  lists: ItemLists;
  /** Places of parallel arrays of the record. */
  arrays: readonly ItemPlaces[];
}

export interface ItemLists {
  /** Places of arrays of objects. Each object is read with a tree of its own. */
  places: readonly number[];
  root: PathNode;
  /** Paths within an object as text, indexed by place. */
  paths: readonly string[];
  placeCount: number;
  fields: readonly ItemPlaces[];
}

export interface ItemPlaces {
  name: ItemField;
  places: readonly number[];
}

/** `declared`: names of the configuration's extra columns, in order. */
export function layOut(mapping: Mapping, declared: readonly string[]): RecordLayout {
  const root = newNode();
  const places: string[] = [];
  const placesOf = (paths: readonly Path[] | undefined): number[] =>
    (paths ?? []).map((path) => placeOf(root, path, places));
  const fieldOf = (name: string): FieldPlaces => ({
    name,
    places: placesOf(mapping.fields.get(name)),
    constant: mapping.constants.get(name),
  });
  return {
    root,
    places,
    fields: FIELD_NAMES.map((name: FieldName) => fieldOf(name)),
    declared: declared.map(fieldOf),
    missing: mapping.missing,
    hasContentIds: mapping.hasContentIds,
    hasVisitorSessions: mapping.hasVisitorSessions,
    items: layOutItems(mapping, root, places),
  };
}

/** `found`: one byte per place of the record, then per place of items. */
export function foundPaths({ places, items }: RecordLayout, found: Uint8Array): FoundPaths {
  const isFound = (index: number): boolean => found[index] === 1;
  return {
    record: new Set(places.filter((_, index) => isFound(index))),
    item: new Set(items?.lists.paths.filter((_, index) => isFound(places.length + index))),
  };
}

/** The union of two sets of found paths. */
export function joinFoundPaths(a: FoundPaths | undefined, b: FoundPaths): FoundPaths {
  return {
    record: new Set([...(a?.record ?? []), ...b.record]),
    item: new Set([...(a?.item ?? []), ...b.item]),
  };
}

function layOutItems(
  { items, missing }: Mapping,
  root: PathNode,
  places: string[],
): ItemsLayout | undefined {
  if (items === undefined) {
    return undefined;
  }
  const itemRoot = newNode();
  const inItem: string[] = [];
  const fields = itemPlaces(items.fields, (path) => placeOf(itemRoot, path, inItem));
  return {
    missing,
    lists: {
      places: items.from.map((path) => placeOf(root, path, places)),
      ...{ root: itemRoot, paths: inItem, placeCount: inItem.length, fields },
    },
    arrays: itemPlaces(items.arrays, (path) => placeOf(root, path, places)),
  };
}

function itemPlaces(fields: ItemPaths, place: (path: Path) => number): ItemPlaces[] {
  return ITEM_FIELDS.flatMap((name) => {
    const paths = fields[name];
    return paths === undefined ? [] : [{ name, places: paths.map(place) }];
  });
}

function newNode(): PathNode {
  return { keys: new Map(), indexes: new Map(), matches: [], place: undefined };
}

/** Equal paths share a place. */
function placeOf(root: PathNode, path: Path, places: string[]): number {
  let node = root;
  for (const step of path) {
    node = childOf(node, step);
  }
  node.place ??= places.push(formatPath(path)) - 1;
  return node.place;
}

function childOf(node: PathNode, step: Path[number]): PathNode {
  if (step.kind === 'key') {
    return getOrAdd(node.keys, step.key);
  }
  if (step.kind === 'index') {
    return getOrAdd(node.indexes, step.index);
  }
  if (step.kind === 'each') {
    return node;
  }
  const { key, text } = step;
  const known = node.matches.find((match) => match.key === key && match.text === text);
  if (known !== undefined) {
    return known.node;
  }
  const added = { key, text, node: newNode() };
  node.matches.push(added);
  return added.node;
}

function getOrAdd<Key>(children: Map<Key, PathNode>, key: Key): PathNode {
  const known = children.get(key);
  if (known !== undefined) {
    return known;
  }
  const added = newNode();
  children.set(key, added);
  return added;
}
