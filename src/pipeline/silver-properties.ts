/**
 * What the rows of Silver depend on besides Bronze: the lake's format and the mapping of each
 * source. Kept as properties of `silver_events`, so that rows of different formats or mappings are
 * never mixed. Another property counts the records that mappings ignore, since no table holds them.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import { ClicklakeError } from '../errors.ts';
import { sourceOfBronzePath } from './bronze-paths.ts';
import type { LakeContext } from './context.ts';
import { type ReceivedFile, sourcesReceivedUpTo } from './ledger.ts';
import { FORMAT_PROPERTY, FORMAT_VERSION } from './tables.ts';

const MAPPING_PREFIX = 'clicklake.mapping.';
const IGNORED_PROPERTY = 'clicklake.ignoredRecords';
const PLAIN = 'plain';

export type Properties = Record<string, string>;

/** The table properties for writing the rows of these files. */
export function silverProperties(
  { mappings }: LakeContext,
  files: readonly ReceivedFile[],
  ignored: number,
  base: Snapshot | undefined,
): Properties {
  const known = base?.metadata.configuration ?? {};
  const properties: Properties = {};
  for (const source of new Set(files.map(({ path }) => sourceOf(path)))) {
    const fingerprint = mappings.fingerprintOf(source);
    const property = `${MAPPING_PREFIX}${source}`;
    if (fingerprint !== null || known[property] !== undefined) {
      properties[property] = fingerprint ?? PLAIN;
    }
  }
  if (ignored > 0 || known[IGNORED_PROPERTY] !== undefined) {
    properties[IGNORED_PROPERTY] = String(ignored);
  }
  return properties;
}

/**
 * The number of records that are in Bronze only, because the mapping of their source ignores them.
 */
export function ignoredRecords(events: Snapshot | undefined): number {
  return Number(events?.metadata.configuration[IGNORED_PROPERTY] ?? 0);
}

/**
 * Throws if new rows would not be comparable with the present ones: `lake_too_old` for a lake of an
 * earlier format, `mapping_changed` if a source's mapping has changed since its rows were written.
 */
export async function requireSameSilver(
  context: LakeContext,
  events: Snapshot | undefined,
  consumed: number,
): Promise<void> {
  if (events === undefined) {
    return;
  }
  const { configuration } = events.metadata;
  const format = formatOf(events);
  if (format < FORMAT_VERSION) {
    throw new ClicklakeError(
      'lake_too_old',
      `${context.storage.url} was written by an older Clicklake (lake format ${format}, this one writes ${FORMAT_VERSION})`,
      { hint: 'clicklake run --full-refresh rebuilds its tables from Bronze; nothing is lost' },
    );
  }
  for (const [property, fingerprint] of Object.entries(configuration)) {
    const source = property.startsWith(MAPPING_PREFIX)
      ? property.slice(MAPPING_PREFIX.length)
      : undefined;
    if (source !== undefined && fingerprint !== (context.mappings.fingerprintOf(source) ?? PLAIN)) {
      throw mappingChanged(source);
    }
  }
  await refuseNewMappings(context, configuration, consumed);
}

/** The lake format in which a table was written. */
export function formatOf({ metadata }: Snapshot): number {
  return Number(metadata.configuration[FORMAT_PROPERTY] ?? 1);
}

/** Throws if a source got a mapping after rows of it had been written. */
async function refuseNewMappings(
  context: LakeContext,
  configuration: Readonly<Record<string, string>>,
  consumed: number,
): Promise<void> {
  const { sources, fingerprintOf } = context.mappings;
  const added = sources.filter(
    (source) =>
      fingerprintOf(source) !== null && configuration[`${MAPPING_PREFIX}${source}`] === undefined,
  );
  if (added.length === 0) {
    return;
  }
  const received = await sourcesReceivedUpTo(context, consumed);
  const found = added.find((source) => received.has(source));
  if (found !== undefined) {
    throw mappingChanged(found);
  }
}

function sourceOf(path: string): string {
  return sourceOfBronzePath(path) ?? '';
}

function mappingChanged(source: string): ClicklakeError {
  return new ClicklakeError(
    'mapping_changed',
    `the mapping of source ${source} has changed since its records were read: new rows would not fit those of silver_events`,
    {
      hint: `clicklake run --full-refresh reads all records again with the new mapping; to keep the rows as they are, restore the old sources.${source}, and ingest files with another layout under another --source`,
    },
  );
}
