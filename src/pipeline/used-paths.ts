/** Finds the paths of a mapping that give the values of some records. */
import { ITEM_FIELDS, type Mapping } from '../mapping/mapping.ts';
import { formatPath, type Path } from '../mapping/path.ts';
import { find, isMissing, parseTree, type Tree } from '../verify/record-tree.ts';

export interface UsedPaths {
  field: string;
  /**
   * Paths in the order of the mapping that give a value, and the number of records in which they
   * do.
   */
  paths: { path: string; records: number }[];
}

export interface ItemPaths {
  /**
   * Paths of the arrays of items. The paths in `fields` begin within these, except those that end
   * with [], which are arrays of the record itself.
   */
  from: string[];
  fields: { field: string; paths: string[] }[];
}

/** The paths used for each field that has a value. `records` are JSON objects as text. */
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

/** The paths of items in a mapping; undefined: events have no lists of products. */
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
