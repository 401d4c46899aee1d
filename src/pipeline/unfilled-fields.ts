/** Fields for which a source's mapping names paths that no record has: most likely they are misspelled. */
import { FIELD_NAMES } from '../contract/fields.ts';
import { fileMayContain } from '../delta/pruning.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { MappingText } from '../mapping/mapping.ts';
import { sourceOfBronzePath } from './bronze-paths.ts';
import type { LakeContext } from './context.ts';
import type { ReceivedFile } from './ledger.ts';
import type { UnfilledField } from './reports.ts';

/** By source, what some record has a value for. */
export type FilledFields = Map<string, Set<string>>;

/** Not a field of the contract, but mapped like one. */
const ITEMS = 'items';
/** Without these a record is quarantined as `missing:…`, and that is said. */
const REQUIRED: ReadonlySet<string> = new Set(['event_type', 'event_timestamp']);

/**
 * Adds what the staged records of a batch have, for sources that the configuration maps itself; a preset
 * names many paths that few senders fill.
 */
export async function addFilledFields(
  { engine, settings }: LakeContext,
  files: readonly ReceivedFile[],
  filled: FilledFields,
): Promise<void> {
  for (const [source, text] of Object.entries(settings.sources ?? {})) {
    const ofSource = files.filter(({ path }) => sourceOfBronzePath(path) === source);
    const fields = namedFields(text).map(({ field }) => field);
    if (ofSource.length === 0 || fields.length === 0) {
      continue;
    }
    const counts = fields.map((field) => `CAST(count(${field}) AS BIGINT)`);
    const [row = []] = await engine.session.query(
      `SELECT ${counts.map((sql, index) => `${sql} AS c${index}`).join(', ')} FROM parsed_events
       WHERE file_number IN (${ofSource.map(({ fileNumber }) => fileNumber).join(', ')})`,
    );
    const found = fields.filter((_, index) => Number(row[index]) > 0);
    filled.set(source, new Set([...(filled.get(source) ?? []), ...found]));
  }
}

/**
 * What no record of a run had, nor one before it: `before` are the events that were there. `unreadable` are
 * counts of numbers that were sent and are none.
 */
export function listUnfilledFields(
  { settings }: Pick<LakeContext, 'settings'>,
  filled: FilledFields,
  before: Snapshot | undefined,
  unreadable: Readonly<Record<string, number>>,
): UnfilledField[] {
  return [...filled].flatMap(([source, found]) =>
    namedFields(settings.sources?.[source] ?? {})
      .filter(({ field }) => !found.has(field) && (unreadable[field] ?? 0) === 0)
      .filter(({ field }) => before === undefined || !mayBeFilled(before, field))
      .map(({ field, paths }) => ({ source, field, paths })),
  );
}

/** Of the configuration itself, with the paths that it names. */
function namedFields({ fields = {}, items }: MappingText): { field: string; paths: string[] }[] {
  const names = FIELD_NAMES.filter((name) => !REQUIRED.has(name));
  const named = names.map((field) => ({ field, paths: [fields[field] ?? []].flat() }));
  const list = items === undefined ? [] : [items.from ?? items.product_id ?? []].flat();
  return [...named, { field: ITEMS, paths: list }].filter(({ paths }) => paths.length > 0);
}

/** By the statistics of its files alone. */
function mayBeFilled({ files, metadata }: Snapshot, field: string): boolean {
  const column = field === ITEMS ? 'item_count' : field;
  return files.some((file) => fileMayContain(file, metadata, { column }));
}
