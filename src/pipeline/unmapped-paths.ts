/** Lists what the records have beside the fields of a mapping. */
import type { ItemPaths, Mapping } from '../mapping/mapping.ts';
import { formatPath } from '../mapping/path.ts';
import {
  distinctValues,
  type PathFacts,
  type Survey,
  surveyRecords,
} from '../mapping/propose-survey.ts';

export interface UnmappedPath {
  /** A path into the record; beyond `[]`, into each element of the list. */
  path: string;
  /** Number of records, or of elements of the list, that have a value there. */
  filled: number;
  /** Number of all records or elements. */
  total: number;
  /** The first distinct values as text, objects as JSON. Empty for a list of single values. */
  examples: string[];
}

const MAX_EXAMPLES = 3;

/** Paths with values that the mapping names nowhere, in the order of the records. */
export function listUnmappedPaths(survey: Survey, { fields, items }: Mapping): UnmappedPath[] {
  const used = [...fields.values(), ...Object.values(items?.arrays ?? {})]
    .flat()
    .map((path) => formatPath(path));
  const from = new Set((items?.from ?? []).map((path) => formatPath(path)));
  return survey.paths.flatMap((facts) => {
    if (from.has(facts.text)) {
      return unmappedInItems(facts, survey.missing, items?.fields ?? {});
    }
    const isUsed = used.some((text) => text === facts.text || text.startsWith(`${facts.text}[`));
    return isUsed ? [] : unmappedPath(facts, survey.records.length);
  });
}

function unmappedInItems(
  list: PathFacts,
  missing: ReadonlySet<string>,
  fields: ItemPaths,
): UnmappedPath[] {
  const used = new Set(Object.values(fields).flatMap((paths) => paths.map(formatPath)));
  const { paths } = surveyRecords(list.elements, missing);
  return paths
    .filter(({ text }) => !used.has(text))
    .flatMap((facts) => unmappedPath(facts, list.elements.length))
    .map((found) => ({
      ...found,
      path: `${list.text}[]${found.path.startsWith('[') ? '' : '.'}${found.path}`,
    }));
}

function unmappedPath(facts: PathFacts, total: number): UnmappedPath[] {
  const { text, filled, lists, objectLists, elements } = facts;
  const ofLists = lists.size + objectLists.size;
  return [
    ...(filled === 0
      ? []
      : [
          {
            path: text,
            filled,
            total,
            examples: [...distinctValues(facts)].slice(0, MAX_EXAMPLES),
          },
        ]),
    ...(ofLists === 0
      ? []
      : [
          {
            ...{ path: `${text}[]`, filled: ofLists, total },
            examples: elements.slice(0, 1).map((element) => JSON.stringify(element)),
          },
        ]),
  ];
}
