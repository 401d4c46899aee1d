/**
 * Finds paths in a mapping's lists that no record of a run has, although other paths of the same
 * list are found. One of them may be misspelled. Fields without any path that is found are reported
 * by unfilled-fields.ts.
 */
import { ITEM_FIELDS, type Mapping, type MappingText } from '../mapping/mapping.ts';
import { formatPath } from '../mapping/path.ts';
import { type FoundPaths, joinFoundPaths } from '../mapping/record-layout.ts';
import { sourceOfBronzePath } from './bronze-paths.ts';
import type { LakeContext } from './context.ts';
import type { ReceivedFile } from './ledger.ts';
import type { UnusedPaths } from './reports.ts';

/** By source: the number of records read, and the paths on which they have values. */
export type SeenPaths = Map<string, { records: number; found: FoundPaths }>;

/**
 * With fewer records than this a path may be missing by chance, unless the source has no other
 * records.
 */
const MANY_RECORDS = 1_000;

/** Adds the paths found in a batch. `found` is by mapping number. */
export function addSeenPaths(
  { mappings }: Pick<LakeContext, 'mappings'>,
  files: readonly ReceivedFile[],
  found: ReadonlyMap<number, FoundPaths>,
  seen: SeenPaths,
): void {
  for (const source of mappings.sources) {
    const ofSource = files.filter(({ path }) => sourceOfBronzePath(path) === source);
    const ofBatch = found.get(mappings.numberOf(source));
    if (ofSource.length > 0 && ofBatch !== undefined) {
      const records = ofSource.reduce((sum, { lineCount }) => sum + lineCount, 0);
      addSeen(seen, source, { records, found: ofBatch });
    }
  }
}

/** Adds the paths found in records of one source to `seen`. */
export function addSeen(
  seen: SeenPaths,
  source: string,
  { records, found }: { records: number; found: FoundPaths },
): void {
  const known = seen.get(source);
  seen.set(source, {
    records: (known?.records ?? 0) + records,
    found: joinFoundPaths(known?.found, found),
  });
}

/**
 * `isFirst`: Silver had no events before. Paths of presets are not reported, because few senders
 * have them all.
 */
export function listUnusedPaths(
  { settings, mappings }: Pick<LakeContext, 'settings' | 'mappings'>,
  seen: SeenPaths,
  isFirst: boolean,
): UnusedPaths[] {
  return [...seen].flatMap(([source, { records, found }]) => {
    const text = settings.sources?.[source];
    const mapping = mappings.list[mappings.numberOf(source)];
    if (text === undefined || mapping === undefined || (!isFirst && records < MANY_RECORDS)) {
      return [];
    }
    return listsOf(text, mapping, found)
      .map(({ field, paths }) => ({ field, ...partition(paths) }))
      .filter(({ unused, isUsed }) => isUsed && unused.length > 0)
      .map(({ field, unused }) => ({ source, field, paths: unused, records }));
  });
}

interface PathsOfField {
  field: string;
  paths: { path: string; isFound: boolean }[];
}

function partition(paths: PathsOfField['paths']): { unused: string[]; isUsed: boolean } {
  return {
    unused: paths.filter(({ isFound }) => !isFound).map(({ path }) => path),
    isUsed: paths.some(({ isFound }) => isFound),
  };
}

/** The lists that the configuration itself names, without those of its preset. */
function listsOf(text: MappingText, mapping: Mapping, found: FoundPaths): PathsOfField[] {
  const fields = Object.keys(text.fields ?? {}).map((field) => ({
    field: `fields.${field}`,
    paths: (mapping.fields.get(field) ?? []).map(formatPath).map(ofRecord),
  }));
  const { items } = mapping;
  if (text.items === undefined || items === undefined) {
    return fields;
  }
  const ofItems = ITEM_FIELDS.map((field) => ({
    field: `items.${field}`,
    paths: [
      ...(items.fields[field] ?? [])
        .map(formatPath)
        .map((path) => ({ path, isFound: found.item.has(path) })),
      ...(items.arrays[field] ?? [])
        .map(formatPath)
        .map((path) => ({ path: `${path}[]`, isFound: found.record.has(path) })),
    ],
  }));
  return [
    ...fields,
    { field: 'items.from', paths: items.from.map(formatPath).map(ofRecord) },
    ...ofItems,
  ];

  function ofRecord(path: string): { path: string; isFound: boolean } {
    return { path, isFound: found.record.has(path) };
  }
}
