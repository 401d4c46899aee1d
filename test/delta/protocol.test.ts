import { describe, expect, it } from 'vitest';
import type { Protocol, TableMetadata } from '../../src/delta/actions.ts';
import { commitChange } from '../../src/delta/commit.ts';
import { commitPath } from '../../src/delta/log-paths.ts';
import { assertReadable, assertWritable } from '../../src/delta/protocol.ts';
import {
  checkpointInterval,
  cleansExpiredLog,
  columnMappingMode,
  deletedFileRetentionMs,
  hasChangeDataFeed,
  hasInCommitTimestamps,
  isAppendOnly,
  logRetentionMs,
} from '../../src/delta/table-properties.ts';
import { change, load, memoryContext, newFile, SHAPE, tableOf } from './support.ts';

function metadataWith(
  configuration: Record<string, string> = {},
  fieldMetadata: Record<string, string> = {},
): TableMetadata {
  const field = { name: 'a', type: 'long', nullable: true, metadata: fieldMetadata } as const;
  return {
    ...SHAPE,
    id: 'id',
    name: undefined,
    description: undefined,
    schemaText: '',
    createdTimeMs: 0,
    configuration,
    // A nested field counts as much as one at the top.
    schema: {
      type: 'struct',
      fields: [
        { name: 's', type: { type: 'struct', fields: [field] }, nullable: true, metadata: {} },
      ],
    },
  };
}

function protocolOf(
  reader: number,
  writer: number,
  readerFeatures?: string[],
  writerFeatures?: string[],
): Protocol {
  return { minReaderVersion: reader, minWriterVersion: writer, readerFeatures, writerFeatures };
}

const canRead = (protocol: Protocol, metadata = metadataWith()) =>
  assertReadable(protocol, metadata, 'lake/t');
const canWrite = (protocol: Protocol, metadata = metadataWith()) =>
  assertWritable(protocol, metadata, 'lake/t');
const refusal = (what: string) =>
  expect.objectContaining({
    code: 'unsupported_table_feature',
    message: expect.stringContaining(what),
    hint: expect.any(String),
  });

describe('a table is read', () => {
  it.each([
    'columnMapping',
    'deletionVectors',
    'timestampNtz',
    'v2Checkpoint',
    'vacuumProtocolCheck',
  ])('with the feature %s', (feature) => {
    canRead(protocolOf(3, 7, [feature], [feature]));
  });

  it('with reader versions 1 to 3, and column mapping by name and by id', () => {
    canRead(protocolOf(1, 2));
    canRead(protocolOf(1, 7, undefined, ['rowTracking', 'inCommitTimestamp']));
    canRead(protocolOf(2, 5));
    canRead(protocolOf(3, 7, [], []));
    canRead(protocolOf(3, 7, ['columnMapping'], ['columnMapping']));
  });

  it.each(['typeWidening', 'typeWidening-preview', 'variantType', 'catalogManaged', 'someday'])(
    'not with the feature %s',
    (feature) => {
      expect(() => canRead(protocolOf(3, 7, ['timestampNtz', feature], [feature]))).toThrow(
        refusal(feature),
      );
    },
  );

  it('not with a column mapping of another kind, or a higher version', () => {
    const mapped = (mode: string) => metadataWith({ 'delta.columnMapping.mode': mode });
    for (const mode of ['name', 'ID', 'none']) {
      canRead(protocolOf(2, 5), mapped(mode));
    }
    expect(() => canRead(protocolOf(2, 5), mapped('hash'))).toThrow(refusal('mapping by hash'));
    expect(() => canRead(protocolOf(4, 7))).toThrow(refusal('reader version 4'));
  });
});

describe('a table is written', () => {
  it('with any old writer version as long as it uses nothing of it', () => {
    for (const writer of [1, 2, 3, 4, 6]) {
      canWrite(protocolOf(1, writer));
    }
    canWrite(protocolOf(2, 5));
    const read = ['deletionVectors', 'timestampNtz', 'v2Checkpoint', 'vacuumProtocolCheck'];
    const written = ['checkpointProtection', 'domainMetadata', 'inCommitTimestamp', 'rowTracking'];
    canWrite(protocolOf(3, 7, read, ['appendOnly', 'invariants', ...read, ...written]));
    const unused = ['checkConstraints', 'changeDataFeed', 'generatedColumns', 'identityColumns'];
    canWrite(protocolOf(1, 7, undefined, [...unused, 'allowColumnDefaults']));
  });

  it.each([
    ['checkConstraints', 3, { 'delta.constraints.positive': 'a > 0' }, {}],
    ['changeDataFeed', 4, { 'delta.enableChangeDataFeed': 'true' }, {}],
    ['changeDataFeed', 4, { 'delta.enableChangeDataFeed': 'TRUE' }, {}],
    ['generatedColumns', 4, {}, { 'delta.generationExpression': 'b + 1' }],
    ['identityColumns', 6, {}, { 'delta.identity.start': '1' }],
  ] as const)('not with %s in use', (feature, since, configuration, fieldMetadata) => {
    const metadata = metadataWith(configuration, fieldMetadata);
    expect(() => canWrite(protocolOf(1, since), metadata)).toThrow(refusal(feature));
    expect(() => canWrite(protocolOf(1, 7, undefined, [feature]), metadata)).toThrow(
      refusal(feature),
    );
    canWrite(protocolOf(1, since - 1), metadata);
    canWrite(protocolOf(1, 7, undefined, []), metadata);
  });

  it.each(['clustering', 'icebergCompatV2', 'catalogManaged', 'variantType', 'someday'])(
    'not with the feature %s',
    (feature) => {
      expect(() => canWrite(protocolOf(1, 7, undefined, [feature]))).toThrow(refusal(feature));
    },
  );

  it.each([
    ['allowColumnDefaults', {}, { CURRENT_DEFAULT: '1' }],
    ['changeDataFeed', { 'delta.enableChangeDataFeed': 'true' }, {}],
    ['checkConstraints', { 'delta.constraints.positive': 'a > 0' }, {}],
    ['clustering', {}, {}],
    ['generatedColumns', {}, { 'delta.generationExpression': 'b + 1' }],
    ['columnMapping', { 'delta.columnMapping.mode': 'id' }, {}],
    ['identityColumns', {}, { 'delta.identity.start': '1' }],
    ['invariants', {}, { 'delta.invariants': '{}' }],
  ] as const)(
    'by marks, checkpoints and vacuums whatever rows must obey (%s)',
    (feature, configuration, fieldMetadata) => {
      const metadata = metadataWith(configuration, fieldMetadata);
      const protocol = protocolOf(1, 7, undefined, [feature]);
      assertWritable(protocol, metadata, 'lake/t', 'log');
      expect(() => assertWritable(protocol, metadata, 'lake/t', 'rows')).toThrow(refusal(feature));
      const unknown = protocolOf(1, 7, undefined, [feature, 'someday']);
      expect(() => assertWritable(unknown, metadata, 'lake/t', 'log')).toThrow(refusal('someday'));
    },
  );

  it('by a transaction mark where rows must satisfy a constraint, but by no rows', async () => {
    const context = memoryContext();
    await tableOf(context, 1);
    const path = commitPath('t', 0);
    const text = (await context.storage.read(path)).toString();
    const constrained = text
      .replace('"minWriterVersion":2', '"minWriterVersion":3')
      .replace('"configuration":{}', '"configuration":{"delta.constraints.c":"id > 0"}');
    await context.storage.write(path, Buffer.from(constrained));
    const base = await load(context);
    const txn = { appId: 'app', version: 1, expectedVersion: undefined };
    const { metadata: _, ...mark } = change({ txn });
    const rows = commitChange(context, 't', base, { ...mark, adds: [newFile('x')] });
    await expect(rows).rejects.toEqual(refusal('checkConstraints'));
    const removal = commitChange(context, 't', base, { ...mark, removes: base.files });
    await expect(removal).rejects.toEqual(refusal('checkConstraints'));
    expect((await commitChange(context, 't', base, mark)).kind).toBe('committed');
  });

  it('not with invariants, defaults or a higher version', () => {
    const invariant = metadataWith({}, { 'delta.invariants': '{}' });
    expect(() => canWrite(protocolOf(1, 2), invariant)).toThrow(refusal('invariants'));
    const defaults = metadataWith({}, { CURRENT_DEFAULT: '1' });
    expect(() => canWrite(protocolOf(1, 7, undefined, ['allowColumnDefaults']), defaults)).toThrow(
      refusal('allowColumnDefaults'),
    );
    expect(() => canWrite(protocolOf(1, 8))).toThrow(refusal('writer version 8'));
  });

  it('by nobody who does not know its protocol, whatever is asked', async () => {
    const context = memoryContext();
    await tableOf(context, 1);
    const path = commitPath('t', 0);
    const text = (await context.storage.read(path)).toString();
    const upgraded = text.replace(
      '"minReaderVersion":1,"minWriterVersion":2',
      '"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["columnMapping"],"writerFeatures":["columnMapping","icebergCompatV2"]',
    );
    await context.storage.write(path, Buffer.from(upgraded));
    const base = await load(context);
    const attempt = commitChange(context, 't', base, change({ adds: [newFile('x')] }));
    await expect(attempt).rejects.toEqual(refusal('icebergCompatV2'));
    await context.storage.write(
      path,
      Buffer.from(upgraded.replaceAll('columnMapping', 'variantType')),
    );
    await expect(load(context)).rejects.toEqual(refusal('variantType'));
  });

  it('only with Parquet files', async () => {
    const context = memoryContext();
    await tableOf(context, 1);
    const path = commitPath('t', 0);
    const text = (await context.storage.read(path)).toString();
    await context.storage.write(path, Buffer.from(text.replace('"parquet"', '"orc"')));
    await expect(load(context)).rejects.toEqual(refusal('orc'));
  });
});

describe('table properties', () => {
  const dayMs = 24 * 3_600_000;

  it('have the defaults of Delta', () => {
    expect(checkpointInterval(metadataWith())).toBe(10);
    expect(logRetentionMs(metadataWith())).toBe(30 * dayMs);
    expect(deletedFileRetentionMs(metadataWith())).toBe(7 * dayMs);
  });

  it.each([
    ['interval 2 weeks', 14 * dayMs],
    ['interval 1 day 12 hours', 1.5 * dayMs],
    ['INTERVAL 0 SECONDS', 0],
    ['36 hours', 1.5 * dayMs],
    ["interval '2' days", 2 * dayMs],
    ['Interval 1.5 Day', 1.5 * dayMs],
    ['interval 2 days -12 hours', 1.5 * dayMs],
    ['interval 1 fortnight', 7 * dayMs],
    ['interval', 7 * dayMs],
    ['', 7 * dayMs],
    ['interval -1 day', 7 * dayMs],
  ])('"%s" is understood or ignored', (text, expected) => {
    const metadata = metadataWith({ 'delta.deletedFileRetentionDuration': text });
    expect(deletedFileRetentionMs(metadata)).toBe(expected);
  });

  it.each([
    ['delta.appendOnly', isAppendOnly, false],
    ['delta.enableChangeDataFeed', hasChangeDataFeed, false],
    ['delta.enableInCommitTimestamps', hasInCommitTimestamps, false],
    ['delta.enableExpiredLogCleanup', cleansExpiredLog, true],
  ] as const)('%s is true or false in any letter case', (property, read, unset) => {
    for (const text of ['true', 'TRUE', 'True', ' true ']) {
      expect(read(metadataWith({ [property]: text })), text).toBe(true);
    }
    for (const text of ['false', 'FALSE', 'False']) {
      expect(read(metadataWith({ [property]: text })), text).toBe(false);
    }
    for (const text of ['', 'yes', '1']) {
      expect(read(metadataWith({ [property]: text })), text).toBe(unset);
    }
    expect(read(metadataWith())).toBe(unset);
  });

  it('of the column mapping name its mode in any letter case', () => {
    expect(columnMappingMode(metadataWith())).toBe('none');
    for (const [text, mode] of [
      ['None', 'none'],
      ['', 'none'],
      ['NAME', 'name'],
      ['Id', 'id'],
    ] as const) {
      expect(columnMappingMode(metadataWith({ 'delta.columnMapping.mode': text }))).toBe(mode);
    }
  });

  it('of the checkpoint interval are positive numbers', () => {
    for (const [text, expected] of [
      ['1', 1],
      ['100', 100],
      ['+20', 20],
      ['99999999999999999999', 10],
      ['0', 10],
      ['-5', 10],
      ['x', 10],
    ] as const) {
      expect(checkpointInterval(metadataWith({ 'delta.checkpointInterval': text }))).toBe(expected);
    }
  });
});
