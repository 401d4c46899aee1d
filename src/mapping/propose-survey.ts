/** Collects every path in unknown records, with its values. */
import { formatPath, type Path } from './path.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A path of keys and what was found there. */
export interface PathFacts {
  path: Path;
  text: string;
  /** By record: the text of a scalar value; undefined: missing, blank or not a scalar. */
  values: (string | undefined)[];
  /** Number of records with such a text. */
  filled: number;
  /** Indexes of the records in which it is an array of scalars. */
  lists: Set<number>;
  /** Indexes of the records in which it is an array of objects. */
  objectLists: Set<number>;
  /** The objects of those arrays, at most `MAX_ELEMENTS`. */
  elements: JsonObject[];
  /** Number of records in which it is an object or array, and so not a field value. */
  containerCount: number;
}

export interface Survey {
  /** Each record as text. */
  records: readonly string[];
  /** Texts that count as missing, from all presets. */
  missing: ReadonlySet<string>;
  paths: PathFacts[];
}

/** Maximum nesting of keys. Events are nested less. */
const MAX_DEPTH = 6;
/** Limit for records that use data as keys, and so have any number of paths. */
const MAX_PATHS = 1_000;
const MAX_ELEMENTS = 10_000;

/** `missing`: texts that count as a missing value. */
export function surveyRecords(
  records: readonly JsonObject[],
  missing: ReadonlySet<string>,
): Survey {
  const paths = new Map<string, PathFacts>();
  const factsOf = (path: Path): PathFacts | undefined => {
    const text = formatPath(path);
    const known = paths.get(text);
    if (known !== undefined || paths.size >= MAX_PATHS) {
      return known;
    }
    const added = newFacts(path, text, records.length);
    paths.set(text, added);
    return added;
  };
  const visit = (value: Json, path: Path, index: number): void => {
    const facts = factsOf(path);
    if (facts === undefined) {
      return;
    }
    addValue(facts, isIn(missing, value) ? null : value, index);
    if (isObject(value) && path.length < MAX_DEPTH) {
      visitMembers(value, path, index);
    }
  };
  const visitMembers = (object: JsonObject, path: Path, index: number): void => {
    for (const [key, value] of Object.entries(object)) {
      // An empty key cannot be written as a path.
      if (key === '') {
        continue;
      }
      visit(value, [...path, { kind: 'key', key }], index);
    }
  };
  for (const [index, record] of records.entries()) {
    visitMembers(record, [], index);
  }
  return {
    records: records.map((record) => JSON.stringify(record)),
    missing,
    paths: [...paths.values()],
  };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIn(missing: ReadonlySet<string>, value: Json): boolean {
  return typeof value === 'string' && missing.has(value);
}

/** The distinct texts on the path. */
export function distinctValues({ values }: PathFacts): Set<string> {
  return new Set(values.filter((value) => value !== undefined));
}

function newFacts(path: Path, text: string, recordCount: number): PathFacts {
  return {
    ...{ path, text, filled: 0, containerCount: 0 },
    lists: new Set(),
    objectLists: new Set(),
    values: Array(recordCount).fill(undefined),
    elements: [],
  };
}

function addValue(facts: PathFacts, value: Json, index: number): void {
  if (Array.isArray(value)) {
    facts.containerCount += 1;
    addList(facts, value, index);
    return;
  }
  if (isObject(value)) {
    facts.containerCount += 1;
    return;
  }
  const text = value === null ? '' : String(value);
  if (text.trim() !== '') {
    facts.values[index] = text;
    facts.filled += 1;
  }
}

function addList(facts: PathFacts, list: readonly Json[], index: number): void {
  const objects = list.filter(isObject);
  if (objects.length > 0) {
    facts.objectLists.add(index);
    facts.elements.push(...objects.slice(0, MAX_ELEMENTS - facts.elements.length));
  } else if (list.length > 0 && list.every((each) => !Array.isArray(each))) {
    facts.lists.add(index);
  }
}
