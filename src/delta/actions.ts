import { ClicklakeError } from '../errors.ts';
import { withoutMapping } from './column-mapping.ts';
import { corrupt } from './corrupt.ts';
import { type JsonObject, type JsonValue, parseExactJson } from './exact-json.ts';
import {
  asBoolean,
  asInteger,
  asString,
  asStringMap,
  asStrings,
  asTexts,
  type Fields,
  fieldsOf,
} from './fields.ts';
import { decodeFilePath, encodeFilePath } from './file-path.ts';
import { type DeltaSchema, parseSchema, schemaToText } from './schema.ts';
import { columnMappingMode } from './table-properties.ts';

/** Values of the partition columns, as text (see partition-values.ts). */
export type PartitionValues = Readonly<Record<string, string | null>>;

/**
 * Reference to the deletion vector of a data file: which of its rows are deleted (see
 * deletion-vector.ts).
 */
export interface DeletionVectorDescriptor {
  /** `i` inline, `u` a file of the table named by a UUID, `p` an absolute address. */
  storageType: 'i' | 'u' | 'p';
  pathOrInlineDv: string;
  offset: number | undefined;
  sizeBytes: number;
  cardinality: number;
}

/** A live data file of a table. */
export interface AddFile {
  /** Decoded, relative to the table's root. */
  path: string;
  partitionValues: PartitionValues;
  /**
   * Partition values under physical column names, as in the log. Only in snapshots of tables with
   * column mapping.
   */
  physicalPartitionValues?: PartitionValues;
  sizeBytes: number;
  modificationTimeMs: number;
  /** False: the rows were in the table before, in other files (for example a compaction). */
  dataChange: boolean;
  /** The JSON text, unchanged. */
  stats: string | undefined;
  deletionVector: DeletionVectorDescriptor | undefined;
  tags: Readonly<Record<string, string>> | undefined;
  rowTracking?: RowTracking;
  clusteringProvider?: string;
}

/** A file that is no longer part of the table, kept for readers of older versions. */
export interface RemoveFile {
  path: string;
  deletionTimestampMs: number;
  dataChange: boolean;
  partitionValues: PartitionValues | undefined;
  sizeBytes: number | undefined;
  deletionVector: DeletionVectorDescriptor | undefined;
  rowTracking?: RowTracking;
}

/** Row ids of a file (PROTOCOL.md, "Row Tracking"). */
export interface RowTracking {
  /** The row id of the file's first row. */
  baseRowId: number;
  /** The version that added the rows. */
  commitVersion: number | undefined;
}

/** An entry that a feature or a user stores in the log (PROTOCOL.md, "Domain Metadata"). */
export interface DomainMetadata {
  domain: string;
  configuration: string;
  /** True removes the entry. */
  removed: boolean;
}

export interface Protocol {
  minReaderVersion: number;
  minWriterVersion: number;
  readerFeatures: readonly string[] | undefined;
  writerFeatures: readonly string[] | undefined;
}

export interface TableMetadata {
  id: string;
  name: string | undefined;
  description: string | undefined;
  schema: DeltaSchema;
  /** The schema exactly as it stands in the log. */
  schemaText: string;
  partitionColumns: readonly string[];
  configuration: Readonly<Record<string, string>>;
  createdTimeMs: number | undefined;
}

/** The progress of an application, stored in the commit. */
export interface Transaction {
  appId: string;
  version: number;
  lastUpdatedMs: number | undefined;
}

/** The actions of one commit, or of a checkpoint, sorted by kind. */
export interface ActionSet {
  adds: AddFile[];
  removes: RemoveFile[];
  transactions: Transaction[];
  domains: DomainMetadata[];
  protocol: Protocol | undefined;
  metadata: TableMetadata | undefined;
  /** Names of the sidecar files of a checkpoint. */
  sidecars: string[];
  inCommitTimestampMs: number | undefined;
}

/** Identifies a logical file by its path and deletion vector. */
export function fileKey(file: Pick<AddFile, 'path' | 'deletionVector'>): string {
  const vector = file.deletionVector;
  if (vector === undefined) {
    return file.path;
  }
  return `${file.path}\0${vector.storageType}${vector.pathOrInlineDv}@${vector.offset ?? ''}`;
}

export function emptyActionSet(): ActionSet {
  return {
    adds: [],
    removes: [],
    transactions: [],
    domains: [],
    protocol: undefined,
    metadata: undefined,
    sidecars: [],
    inCommitTimestampMs: undefined,
  };
}

/**
 * Adds one action to a set. Actions that do not change the table's content (`cdc` …) are skipped;
 * protocol.ts decides whether a reader may do that.
 */
export function collectAction(set: ActionSet, row: JsonValue, where: string): void {
  const action = fieldsOf(row, where);
  const read = <T>(name: string, parse: (fields: Fields) => T): T | undefined =>
    action.optional(name, (value, place) => parse(fieldsOf(value, place)));
  const add = read('add', parseAdd);
  if (add) {
    set.adds.push(add);
  }
  const remove = read('remove', parseRemove);
  if (remove) {
    set.removes.push(remove);
  }
  const transaction = read('txn', parseTransaction);
  if (transaction) {
    set.transactions.push(transaction);
  }
  const domain = read('domainMetadata', parseDomain);
  if (domain) {
    set.domains.push(domain);
  }
  const sidecar = read('sidecar', (fields) => fields.required('path', asString));
  if (sidecar !== undefined) {
    set.sidecars.push(sidecar);
  }
  set.protocol = read('protocol', parseProtocol) ?? set.protocol;
  set.metadata = read('metaData', parseMetadata) ?? set.metadata;
  set.inCommitTimestampMs =
    read('commitInfo', (fields) => fields.optional('inCommitTimestamp', asInteger)) ??
    set.inCommitTimestampMs;
}

function parseAdd(fields: Fields): AddFile {
  return {
    path: decodeFilePath(fields.required('path', asString), fields.where),
    partitionValues: fields.required('partitionValues', parsePartitionValues),
    sizeBytes: fields.required('size', asInteger),
    modificationTimeMs: fields.optional('modificationTime', asInteger) ?? 0,
    dataChange: fields.optional('dataChange', asBoolean) ?? true,
    stats: fields.optional('stats', asString),
    deletionVector: fields.optional('deletionVector', parseDeletionVector),
    tags: fields.optional('tags', asStringMap),
    ...parseRowTracking(fields),
    ...parseClustering(fields),
  };
}

function parseRemove(fields: Fields): RemoveFile {
  return {
    path: decodeFilePath(fields.required('path', asString), fields.where),
    deletionTimestampMs: fields.optional('deletionTimestamp', asInteger) ?? 0,
    dataChange: fields.optional('dataChange', asBoolean) ?? true,
    partitionValues: fields.optional('partitionValues', parsePartitionValues),
    sizeBytes: fields.optional('size', asInteger),
    deletionVector: fields.optional('deletionVector', parseDeletionVector),
    ...parseRowTracking(fields),
  };
}

function parseRowTracking(fields: Fields): { rowTracking?: RowTracking } {
  const baseRowId = fields.optional('baseRowId', asInteger);
  if (baseRowId === undefined) {
    return {};
  }
  const commitVersion = fields.optional('defaultRowCommitVersion', asInteger);
  return { rowTracking: { baseRowId, commitVersion } };
}

function parseClustering(fields: Fields): { clusteringProvider?: string } {
  const clusteringProvider = fields.optional('clusteringProvider', asString);
  return clusteringProvider === undefined ? {} : { clusteringProvider };
}

function parseDomain(fields: Fields): DomainMetadata {
  return {
    domain: fields.required('domain', asString),
    configuration: fields.optional('configuration', asString) ?? '',
    removed: fields.optional('removed', asBoolean) ?? false,
  };
}

function parsePartitionValues(value: JsonValue, where: string): PartitionValues {
  const values = asTexts(value, where);
  for (const [name, text] of Object.entries(values)) {
    // PROTOCOL.md, "Partition Value Serialization": an empty string is null, for every type.
    if (text === '') {
      values[name] = null;
    }
  }
  return values;
}

function parseDeletionVector(value: JsonValue, where: string): DeletionVectorDescriptor {
  const fields = fieldsOf(value, where);
  const storageType = fields.required('storageType', asString);
  if (storageType !== 'i' && storageType !== 'u' && storageType !== 'p') {
    throw corrupt(where, `unknown deletion vector storage "${storageType}"`);
  }
  return {
    storageType,
    pathOrInlineDv: fields.required('pathOrInlineDv', asString),
    offset: fields.optional('offset', asInteger),
    sizeBytes: fields.required('sizeInBytes', asInteger),
    cardinality: fields.required('cardinality', asInteger),
  };
}

function parseTransaction(fields: Fields): Transaction {
  return {
    appId: fields.required('appId', asString),
    version: fields.required('version', asInteger),
    lastUpdatedMs: fields.optional('lastUpdated', asInteger),
  };
}

function parseProtocol(fields: Fields): Protocol {
  return {
    minReaderVersion: fields.required('minReaderVersion', asInteger),
    minWriterVersion: fields.required('minWriterVersion', asInteger),
    readerFeatures: fields.optional('readerFeatures', asStrings),
    writerFeatures: fields.optional('writerFeatures', asStrings),
  };
}

function parseMetadata(fields: Fields): TableMetadata {
  const format = fields.optional('format', (value, where) =>
    fieldsOf(value, where).optional('provider', asString),
  );
  if (format !== undefined && format !== 'parquet') {
    throw new ClicklakeError(
      'unsupported_table_feature',
      `${fields.where} says that the data files are ${format}`,
      { hint: 'only Delta tables of Parquet files are supported' },
    );
  }
  // A table may be created before it has columns.
  const schemaText = fields.optional('schemaString', asString) ?? NO_COLUMNS;
  const schema = parseSchema(parseText(schemaText, fields.where), fields.where);
  const configuration = fields.optional('configuration', asStringMap) ?? {};
  return {
    id: fields.required('id', asString),
    name: fields.optional('name', asString),
    description: fields.optional('description', asString),
    schema: columnMappingMode({ configuration }) === 'none' ? withoutMapping(schema) : schema,
    schemaText,
    partitionColumns: fields.optional('partitionColumns', asStrings) ?? [],
    configuration,
    createdTimeMs: fields.optional('createdTime', asInteger),
  };
}

const NO_COLUMNS = schemaToText({ type: 'struct', fields: [] });

function parseText(text: string, where: string): JsonValue {
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw corrupt(where, 'schemaString is not JSON', cause);
  }
}

export function addToJson(file: AddFile): JsonObject {
  return {
    add: {
      path: encodeFilePath(file.path),
      partitionValues: file.physicalPartitionValues ?? file.partitionValues,
      size: file.sizeBytes,
      modificationTime: file.modificationTimeMs,
      dataChange: file.dataChange,
      stats: file.stats,
      tags: file.tags,
      deletionVector: deletionVectorToJson(file.deletionVector),
      ...rowTrackingToJson(file.rowTracking),
      clusteringProvider: file.clusteringProvider,
    },
  };
}

export function removeToJson(file: RemoveFile): JsonObject {
  const isExtended = file.partitionValues !== undefined && file.sizeBytes !== undefined;
  return {
    remove: {
      path: encodeFilePath(file.path),
      deletionTimestamp: file.deletionTimestampMs,
      dataChange: file.dataChange,
      extendedFileMetadata: isExtended,
      partitionValues: file.partitionValues,
      size: file.sizeBytes,
      deletionVector: deletionVectorToJson(file.deletionVector),
      ...rowTrackingToJson(file.rowTracking),
    },
  };
}

function rowTrackingToJson(tracking: RowTracking | undefined): JsonObject {
  if (tracking === undefined) {
    return {};
  }
  return { baseRowId: tracking.baseRowId, defaultRowCommitVersion: tracking.commitVersion };
}

export function domainToJson(domain: DomainMetadata): JsonObject {
  return { domainMetadata: { ...domain } };
}

function deletionVectorToJson(vector: DeletionVectorDescriptor | undefined) {
  if (vector === undefined) {
    return undefined;
  }
  const { sizeBytes, ...rest } = vector;
  return { ...rest, sizeInBytes: sizeBytes };
}

export function transactionToJson(transaction: Transaction): JsonObject {
  const { appId, version, lastUpdatedMs } = transaction;
  return { txn: { appId, version, lastUpdated: lastUpdatedMs } };
}

export function protocolToJson(protocol: Protocol): JsonObject {
  return { protocol: { ...protocol } };
}

export function metadataToJson(metadata: TableMetadata): JsonObject {
  return {
    metaData: {
      id: metadata.id,
      name: metadata.name,
      description: metadata.description,
      format: { provider: 'parquet', options: {} },
      schemaString: metadata.schemaText,
      partitionColumns: metadata.partitionColumns,
      configuration: metadata.configuration,
      createdTime: metadata.createdTimeMs,
    },
  };
}
