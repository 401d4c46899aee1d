/** Which of a mapping's paths the values of records come from. */
import { ITEM_FIELDS, type Mapping } from '../mapping/mapping.ts';
import { formatPath, type Path } from '../mapping/path.ts';
import { find, isMissing, parseTree, type Tree } from '../verify/record-tree.ts';

export interface UsedPaths {
  field: string;
  /** In the order of the mapping: those that give the value of some record, and in how many they do. */
  paths: { path: string; records: number }[];
}

export interface ItemPaths {
  /** Lists of objects; paths of fields begin in these, but for arrays of the record, which end with []. */
  from: string[];
  fields: { field: string; paths: string[] }[];
}

/** Of the fields that a record has a value for. `records` are texts of JSON objects. */
export function countUsedPaths(records: readonly string[], mapping: Mapping): UsedPaths[] {
  const fields = [...mapping.fields].map(([field, paths]) => ({
    ...{ field, paths },
    counts: paths.map(() => 0),
  }));
  for (const record of records) {
    const tree = parseTree(record);
    for (const { paths, counts } of fields) {
      const used = firstUsed(tree, paths);
      if (used !== -1) {
        counts[used] = (counts[used] ?? 0) + 1;
      }
    }
  }
  return fields
    .map(({ field, paths, counts }) => ({
      field,
      paths: paths
        .map((path, index) => ({ path: formatPath(path), records: counts[index] ?? 0 }))
        .filter((each) => each.records > 0),
    }))
    .filter(({ paths }) => paths.length > 0);
}

/** The paths of items as a mapping has them; undefined: events have no lists of products. */
export function listItemPaths({ items }: Mapping): ItemPaths | undefined {
  if (items === undefined) {
    return undefined;
  }
  const fields = ITEM_FIELDS.map((field) => ({
    field,
    paths: [
      ...(items.fields[field] ?? []).map(formatPath),
      ...(items.arrays[field] ?? []).map((path) => `${formatPath(path)}[]`),
    ],
  }));
  return {
    from: items.from.map(formatPath),
    fields: fields.filter(({ paths }) => paths.length > 0),
  };
}

function firstUsed(tree: Tree, paths: readonly Path[]): number {
  return paths.findIndex((path) => !isMissing(find(tree, path)));
}
