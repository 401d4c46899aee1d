/** What is found in records of which nothing is known: every path, and the values on it. */
import { formatPath, type Path } from './path.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A path of keys, and what stands there. */
export interface PathFacts {
  path: Path;
  text: string;
  /** By record: the text of a single value; undefined: missing, blank or no single value. */
  values: (string | undefined)[];
  /** Records with such a text. */
  filled: number;
  /** Numbers of the records in which it is an array of single values. */
  lists: Set<number>;
  /** The same for an array of objects. */
  objectLists: Set<number>;
  /** The objects of those arrays, the first `MAX_ELEMENTS`. */
  elements: JsonObject[];
  /** Records in which it is an object or an array, so no value of a field. */
  containerCount: number;
}

export interface Survey {
  /** Each record as text. */
  records: readonly string[];
  /** Texts that stand for no value, as senders of presets have them. */
  missing: ReadonlySet<string>;
  paths: PathFacts[];
}

/** Keys within keys; events nest less. */
const MAX_DEPTH = 6;
/** Records whose keys are data have any number of paths. */
const MAX_PATHS = 1_000;
const MAX_ELEMENTS = 10_000;

/** `missing`: texts that stand for no value. */
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
      // No path names a key without a character.
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

/** Different texts on the path. */
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
