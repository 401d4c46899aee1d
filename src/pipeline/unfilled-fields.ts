/**
 * Finds fields for which a source's mapping names paths that no record has. Most likely they are
 * misspelled.
 */
import { FIELD_NAMES } from '../contract/fields.ts';
import { fileMayContain } from '../delta/pruning.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { MappingText } from '../mapping/mapping.ts';
import { sourceOfBronzePath } from './bronze-paths.ts';
import type { LakeContext } from './context.ts';
import type { ReceivedFile } from './ledger.ts';
import type { UnfilledField } from './reports.ts';

/** By source: the fields for which some record has a value. */
export type FilledFields = Map<string, Set<string>>;

/** Not a field of the contract, but mapped in the same way. */
const ITEMS = 'items';
/** A record without these is quarantined as `missing:…`, which is reported already. */
const REQUIRED: ReadonlySet<string> = new Set(['event_type', 'event_timestamp']);

/**
 * Adds the fields that have values in a batch, for sources with a mapping of their own. Presets are
 * skipped: they name many paths that few senders use.
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
 * Mapped fields without a value in this run and before it. `before`: the events before this run.
 * `unreadable`: counts of values that are not numbers; their fields do have values.
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

/** The fields and paths that the configuration itself names, without those of its preset. */
function namedFields({ fields = {}, items }: MappingText): { field: string; paths: string[] }[] {
  const names = FIELD_NAMES.filter((name) => !REQUIRED.has(name));
  const named = names.map((field) => ({ field, paths: [fields[field] ?? []].flat() }));
  const list = items === undefined ? [] : [items.from ?? items.product_id ?? []].flat();
  return [...named, { field: ITEMS, paths: list }].filter(({ paths }) => paths.length > 0);
}

/** Whether the statistics of the files allow a value in this field. */
function mayBeFilled({ files, metadata }: Snapshot, field: string): boolean {
  const column = field === ITEMS ? 'item_count' : field;
  return files.some((file) => fileMayContain(file, metadata, { column }));
}
