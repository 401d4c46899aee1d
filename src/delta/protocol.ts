import { ClicklakeError } from '../errors.ts';
import type { Protocol, TableMetadata } from './actions.ts';
import { allFields } from './schema.ts';
import { columnMappingMode, hasChangeDataFeed } from './table-properties.ts';

/** The protocol of Clicklake's own tables: every Delta reader and writer supports it. */
export const NEW_TABLE_PROTOCOL: Protocol = {
  minReaderVersion: 1,
  minWriterVersion: 2,
  readerFeatures: undefined,
  writerFeatures: undefined,
};

const READABLE: ReadonlySet<string> = new Set([
  'columnMapping',
  'deletionVectors',
  'timestampNtz',
  'v2Checkpoint',
  'vacuumProtocolCheck',
]);
const WRITABLE: ReadonlySet<string> = new Set([
  'appendOnly',
  'checkpointProtection',
  'deletionVectors',
  'domainMetadata',
  'inCommitTimestamp',
  'invariants',
  'rowTracking',
  'timestampNtz',
  'v2Checkpoint',
  'vacuumProtocolCheck',
]);

const COLUMN_MAPPING_MODES: ReadonlySet<string> = new Set(['none', 'name', 'id']);

/** Features that concern only writers of rows, columns or properties. */
const OF_ROWS: ReadonlySet<string> = new Set([
  'allowColumnDefaults',
  'changeDataFeed',
  'checkConstraints',
  'clustering',
  'columnMapping',
  'generatedColumns',
  'identityColumns',
]);

/** Features that older writer versions include, by the version that introduced them. */
const LEGACY_WRITER_FEATURES: readonly (readonly [number, string])[] = [
  [2, 'appendOnly'],
  [2, 'invariants'],
  [3, 'checkConstraints'],
  [4, 'changeDataFeed'],
  [4, 'generatedColumns'],
  [5, 'columnMapping'],
  [6, 'identityColumns'],
];

/**
 * Features that have no effect until a table uses them, with a check for this. Every other feature
 * counts as used if the protocol lists it.
 */
const IS_USED: Record<string, (metadata: TableMetadata) => boolean> = {
  checkConstraints: ({ configuration }) =>
    Object.keys(configuration).some((key) => key.startsWith('delta.constraints.')),
  changeDataFeed: hasChangeDataFeed,
  generatedColumns: (metadata) => hasFieldKey(metadata, 'delta.generationExpression'),
  identityColumns: (metadata) => hasFieldKey(metadata, 'delta.identity.'),
  allowColumnDefaults: (metadata) => hasFieldKey(metadata, 'CURRENT_DEFAULT'),
  columnMapping: (metadata) => columnMappingMode(metadata) !== 'none',
};

/**
 * Throws `unsupported_table_feature`, naming the feature, if we would read the table incorrectly.
 */
export function assertReadable(protocol: Protocol, metadata: TableMetadata, table: string): void {
  const { minReaderVersion: version } = protocol;
  if (version > 3) {
    throw unsupported(table, 'read', `reader version ${version}`);
  }
  const named = version === 3 ? (protocol.readerFeatures ?? []) : [];
  const features = version === 2 ? ['columnMapping'] : named;
  for (const feature of features) {
    if (!READABLE.has(feature) && isUsed(feature, metadata)) {
      throw unsupported(table, 'read', `the feature ${feature}`);
    }
  }
  const mode = columnMappingMode(metadata);
  if (!COLUMN_MAPPING_MODES.has(mode)) {
    throw unsupported(table, 'read', `column mapping by ${mode}`);
  }
}

/**
 * What a commit or other work writes. `rows`: data files, columns or properties. `log`: none of
 * these, as for a transaction, a checkpoint or a vacuum.
 */
export type Written = 'rows' | 'log';

/**
 * Throws `unsupported_table_feature`, naming the feature, if we could damage the table by writing.
 * It may still be readable.
 */
export function assertWritable(
  protocol: Protocol,
  metadata: TableMetadata,
  table: string,
  written: Written = 'rows',
): void {
  assertReadable(protocol, metadata, table);
  for (const feature of writerFeatures(protocol, table)) {
    const isHarmless = WRITABLE.has(feature) || (written === 'log' && OF_ROWS.has(feature));
    if (!isHarmless && isUsed(feature, metadata)) {
      throw unsupported(table, 'write', `the feature ${feature}`);
    }
  }
  // Invariants are SQL conditions for new rows, which cannot be evaluated here.
  if (written === 'rows' && hasFieldKey(metadata, 'delta.invariants')) {
    throw unsupported(table, 'write', 'column invariants');
  }
}

/** Whether the protocol lists this feature for writers. */
export function hasWriterFeature(protocol: Protocol, feature: string): boolean {
  return protocol.minWriterVersion === 7 && (protocol.writerFeatures ?? []).includes(feature);
}

function writerFeatures(protocol: Protocol, table: string): readonly string[] {
  const { minWriterVersion: version } = protocol;
  if (version > 7) {
    throw unsupported(table, 'write', `writer version ${version}`);
  }
  if (version === 7) {
    return protocol.writerFeatures ?? [];
  }
  return LEGACY_WRITER_FEATURES.filter(([since]) => since <= version).map(([, name]) => name);
}

function isUsed(feature: string, metadata: TableMetadata): boolean {
  return IS_USED[feature]?.(metadata) ?? true;
}

function hasFieldKey(metadata: TableMetadata, prefix: string): boolean {
  for (const field of allFields(metadata.schema)) {
    if (Object.keys(field.metadata).some((key) => key.startsWith(prefix))) {
      return true;
    }
  }
  return false;
}

function unsupported(table: string, verb: string, what: string): ClicklakeError {
  return new ClicklakeError(
    'unsupported_table_feature',
    `cannot ${verb} the Delta table ${table}: it uses ${what}`,
    { hint: 'drop the feature with the tool that added it (ALTER TABLE … DROP FEATURE …)' },
  );
}
