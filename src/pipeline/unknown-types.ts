/**
 * Which event types the records have that are in quarantine because their type is unknown. The
 * tables hold only the records' text, so it is read again, of a bounded number of records.
 */
import { PLAIN_MAPPING } from '../mapping/mapping.ts';
import { sourceOfBronzePath } from './bronze-paths.ts';
import type { LakeContext } from './context.ts';
import { judgeRecords, rulesOfLake } from './judge-records.ts';
import type { ReceivedFile } from './ledger.ts';
import type { UnknownTypes } from './reports.ts';

export const UNKNOWN_TYPE = 'unknown_event_type';

/** With the limit of their length, this bounds the memory. */
const MAX_RECORDS = 5_000;
const MAX_CHARACTERS = 16_384;
const MAX_TYPES = 20;

/** Of the rejected lines of a batch, while the session still has them. */
export async function unknownTypesOfBatch(
  context: LakeContext,
  files: readonly ReceivedFile[],
): Promise<UnknownTypes[]> {
  const paths = new Map(files.map(({ fileNumber, path }) => [fileNumber, path]));
  const rows = await context.engine.session.query(
    `SELECT file_number, raw_text FROM rejected_lines
     WHERE reason = '${UNKNOWN_TYPE}' AND length(raw_text) <= ${MAX_CHARACTERS} LIMIT ${MAX_RECORDS}`,
  );
  return countTypes(
    context,
    rows.map(([fileNumber, text]) => [paths.get(Number(fileNumber)) ?? '', String(text)]),
  );
}

/** Of the newest records in quarantine. Needs `silver_quarantine` in the session. */
export async function unknownTypesInQuarantine(context: LakeContext): Promise<UnknownTypes[]> {
  const rows = await context.engine.session.query(
    `SELECT bronze_path, raw_text FROM silver_quarantine
     WHERE reason = '${UNKNOWN_TYPE}' AND length(raw_text) <= ${MAX_CHARACTERS}
     ORDER BY received_at DESC LIMIT ${MAX_RECORDS}`,
  );
  return countTypes(
    context,
    rows.map(([path, text]) => [String(path), String(text)]),
  );
}

/** The sums for each source, of the types that are most frequent in the end. */
export function addUnknownTypes(
  sums: readonly UnknownTypes[],
  more: readonly UnknownTypes[],
): UnknownTypes[] {
  const sources = [...new Set([...sums, ...more].map(({ source }) => source))];
  return sources.map((source) => {
    const ofSource = [...sums, ...more].filter((each) => each.source === source);
    const counts = new Map<string, number>();
    for (const { type, records } of ofSource.flatMap(({ types }) => types)) {
      counts.set(type, (counts.get(type) ?? 0) + records);
    }
    const types = [...counts].map(([type, records]) => ({ type, records }));
    const records = ofSource.reduce((sum, each) => sum + each.records, 0);
    return { source, records, types: mostFrequent(types) };
  });
}

/** `records`: path in Bronze and text of each. */
function countTypes(
  context: LakeContext,
  records: readonly (readonly [path: string, text: string])[],
): UnknownTypes[] {
  const { mappings } = context;
  const bySource = new Map<string, Buffer[]>();
  for (const [path, text] of records) {
    const source = sourceOfBronzePath(path) ?? '';
    const lines = bySource.get(source) ?? [];
    lines.push(Buffer.from(text));
    bySource.set(source, lines);
  }
  return [...bySource].flatMap(([source, lines]) => {
    const mapping = mappings.list[mappings.numberOf(source)] ?? PLAIN_MAPPING;
    const { eventTypes } = judgeRecords([lines], mapping, rulesOfLake(context));
    // A type that the configuration has got since then is not unknown any more.
    const unknown = eventTypes.filter(({ outcome }) => outcome === 'quarantined');
    const types = unknown.map(({ sent, records }) => ({ type: sent, records }));
    const count = types.reduce((sum, each) => sum + each.records, 0);
    return count === 0 ? [] : [{ source, records: count, types: mostFrequent(types) }];
  });
}

export function mostFrequent(types: UnknownTypes['types']): UnknownTypes['types'] {
  return types
    .toSorted((a, b) => b.records - a.records || (a.type < b.type ? -1 : 1))
    .slice(0, MAX_TYPES);
}
