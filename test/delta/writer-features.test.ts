/** What our commits, checkpoints and vacuums owe to the features of tables that others made. */
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AddFile, addToJson, type DeletionVectorDescriptor } from '../../src/delta/actions.ts';
import { writeCheckpoint } from '../../src/delta/checkpoint.ts';
import { type Change, commitChange } from '../../src/delta/commit.ts';
import type { DeltaContext } from '../../src/delta/context.ts';
import type { JsonObject } from '../../src/delta/exact-json.ts';
import { commitPath } from '../../src/delta/log-paths.ts';
import { schemaToText } from '../../src/delta/schema.ts';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import { vacuum } from '../../src/delta/vacuum.ts';
import {
  change,
  commitTo,
  committed,
  load,
  localContext,
  memoryContext,
  newFile,
  pathsOf,
  SHAPE,
  useDuckDB,
  useFolders,
} from './support.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

/** A table as another writer makes it, with these features. */
async function foreignTable(
  context: DeltaContext,
  features: string[],
  configuration: Record<string, string>,
  actions: JsonObject[] = [],
): Promise<Snapshot> {
  const readerFeatures = features.filter((name) => /^(deletionVectors|v2Checkpoint)$/.test(name));
  const protocol = {
    minReaderVersion: readerFeatures.length > 0 ? 3 : 1,
    minWriterVersion: 7,
    ...(readerFeatures.length > 0 ? { readerFeatures } : {}),
    writerFeatures: features,
  };
  const metaData = {
    ...{ id: 'table-id', format: { provider: 'parquet', options: {} }, partitionColumns: ['day'] },
    ...{ schemaString: schemaToText(SHAPE.schema), configuration, createdTime: 1 },
  };
  await writeCommit(context, 0, [{ protocol }, { metaData }, ...actions]);
  return await load(context);
}

async function writeCommit(
  context: DeltaContext,
  version: number,
  actions: JsonObject[],
  info: JsonObject = {},
): Promise<void> {
  const lines = [{ commitInfo: info }, ...actions].map((action) => `${JSON.stringify(action)}\n`);
  await context.storage.write(commitPath('t', version), Buffer.from(lines.join('')));
}

/** Commits without saying anything of the table's shape. */
async function write(
  context: DeltaContext,
  base: Snapshot,
  part: Partial<Change>,
): Promise<Snapshot> {
  const { metadata: _, ...rest } = change(part);
  return committed(await commitChange(context, 't', base, rest));
}

async function actionsOf(context: DeltaContext, version: number): Promise<JsonObject[]> {
  const text = (await context.storage.read(commitPath('t', version))).toString();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const fileOf = (path: string, rows: number) => ({
  ...newFile(path),
  stats: `{"numRecords":${rows}}`,
});

const vector = (uuid: string): DeletionVectorDescriptor => ({
  ...{ storageType: 'u', pathOrInlineDv: uuid, offset: 1, sizeBytes: 36, cardinality: 2 },
});
/** The UUID of the protocol's examples. */
const VECTOR = vector('^-aqEH.-t@S}K{vb[*k^');
const VECTOR_FILE = 'deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin';

function foreignAdd(path: string, part: Partial<AddFile> = {}): JsonObject {
  const { tags: _, ...file } = newFile(path);
  return addToJson({
    ...{ ...file, dataChange: true, deletionVector: undefined, tags: undefined },
    ...part,
  });
}

describe('a commit to a table with in-commit timestamps', () => {
  const CONFIGURATION = { 'delta.enableInCommitTimestamps': 'TRUE' };
  const enabled = (context: DeltaContext) =>
    foreignTable(context, ['inCommitTimestamp'], CONFIGURATION);

  it('carries its time in its first action', async () => {
    const context = { ...memoryContext(), now: () => 1_800_000_000_000 };
    await enabled(context);
    await writeCommit(context, 1, [], { inCommitTimestamp: 1_700_000_000_000 });
    const written = await write(context, await load(context), { adds: [newFile('a')] });
    const [first] = await actionsOf(context, 2);
    expect(first).toMatchObject({ commitInfo: { inCommitTimestamp: 1_800_000_000_000 } });
    expect(written.timestampMs).toBe(1_800_000_000_000);
    expect(await load(context)).toEqual(written);
  });

  it('is later than the commit before, whatever the clock says', async () => {
    const context = { ...memoryContext(), now: () => 1_600_000_000_000 };
    await enabled(context);
    await writeCommit(context, 1, [], { inCommitTimestamp: 1_700_000_000_000 });
    const base = await load(context);
    await write(context, base, { adds: [newFile('a')] });
    const late = await write(context, base, { adds: [newFile('b')] });
    expect(late.version).toBe(3);
    expect(await actionsOf(context, 2)).toMatchObject([
      { commitInfo: { inCommitTimestamp: 1_700_000_000_001 } },
      {},
    ]);
    expect(await actionsOf(context, 3)).toMatchObject([
      { commitInfo: { inCommitTimestamp: 1_700_000_000_002 } },
      {},
    ]);
  });

  it('finds the time of the commit before behind a checkpoint too', async () => {
    const context = {
      ...localContext(await newFolder(), duckdb.checkpointFiles),
      now: () => 1_600_000_000_000,
    };
    await enabled(context);
    await writeCommit(context, 1, [], { inCommitTimestamp: 4_000_000_000_000 });
    await writeCheckpoint(context, await load(context));
    const base = await load(context);
    expect(base.timestampMs).toBe(4_000_000_000_000);
    const written = await write(context, base, { adds: [newFile('a')] });
    expect(written.timestampMs).toBe(4_000_000_000_001);
  });

  it('has none where the table does not want it', async () => {
    const context = memoryContext();
    const base = await foreignTable(context, ['inCommitTimestamp'], {});
    await write(context, base, { adds: [newFile('a')] });
    expect((await actionsOf(context, 1))[0]).not.toHaveProperty('commitInfo.inCommitTimestamp');
  });
});

describe('a commit to a table that tracks rows', () => {
  const FEATURES = ['rowTracking', 'domainMetadata'];
  const mark = (rowId: number): JsonObject => ({
    domainMetadata: {
      ...{ domain: 'delta.rowTracking', removed: false },
      configuration: JSON.stringify({ rowIdHighWaterMark: rowId }),
    },
  });
  const idsOf = ({ files }: Snapshot) => files.map(({ path, rowTracking }) => [path, rowTracking]);

  it('numbers the rows of every file behind all that were there', async () => {
    const context = memoryContext();
    const base = await foreignTable(context, FEATURES, {}, [mark(99)]);
    const adds = [fileOf('a', 10), fileOf('b', 5)];
    const first = await write(context, base, { adds });
    expect(idsOf(first)).toEqual([
      ['a', { baseRowId: 100, commitVersion: 1 }],
      ['b', { baseRowId: 110, commitVersion: 1 }],
    ]);
    const actions = await actionsOf(context, 1);
    expect(actions).toContainEqual(mark(114));
    expect(actions[0]).toMatchObject({
      commitInfo: { tags: { 'delta.rowTracking.preserved': 'true' } },
    });
    expect(await load(context)).toEqual(first);
    const second = await write(context, first, { adds: [fileOf('c', 1)] });
    expect(idsOf(second).at(-1)).toEqual(['c', { baseRowId: 115, commitVersion: 2 }]);
  });

  it('begins with 0 in a table that has no rows yet', async () => {
    const context = memoryContext();
    const base = await foreignTable(context, FEATURES, {});
    const first = await write(context, base, { adds: [fileOf('a', 3)] });
    expect(idsOf(first)).toEqual([['a', { baseRowId: 0, commitVersion: 1 }]]);
    expect(await actionsOf(context, 1)).toContainEqual(mark(2));
  });

  it('numbers anew when another writer was quicker', async () => {
    const context = memoryContext();
    const base = await foreignTable(context, FEATURES, {}, [mark(9)]);
    await write(context, base, { adds: [fileOf('w', 10)] });
    const late = await write(context, base, { adds: [fileOf('l', 10)] });
    expect(idsOf(late)).toEqual([
      ['w', { baseRowId: 10, commitVersion: 1 }],
      ['l', { baseRowId: 20, commitVersion: 2 }],
    ]);
  });

  it('says that ids are not kept where rows move, and keeps those of the removed file', async () => {
    const context = memoryContext();
    const base = await foreignTable(context, FEATURES, { 'delta.enableRowTracking': 'true' }, [
      mark(9),
      foreignAdd('old', { rowTracking: { baseRowId: 0, commitVersion: 0 } }),
    ]);
    const moved = { adds: [fileOf('new', 10)], removes: base.files, dataChange: false };
    await write(context, base, moved);
    expect(await actionsOf(context, 1)).toMatchObject([
      { commitInfo: { tags: { 'delta.rowTracking.preserved': 'false' } } },
      mark(19),
      { remove: { path: 'old', baseRowId: 0, defaultRowCommitVersion: 0 } },
      { add: { path: 'new', baseRowId: 10, defaultRowCommitVersion: 1 } },
    ]);
  });

  it('numbers nothing while that is suspended, and takes no file of unknown length', async () => {
    const context = memoryContext();
    const suspended = { 'delta.rowTrackingSuspended': 'TRUE' };
    const base = await foreignTable(context, FEATURES, suspended, [mark(9)]);
    const written = await write(context, base, { adds: [newFile('a')] });
    expect(written.files[0]?.rowTracking).toBeUndefined();
    expect(await actionsOf(context, 1)).toHaveLength(2);
    const other = memoryContext();
    const tracking = await foreignTable(other, FEATURES, {});
    const attempt = write(other, tracking, { adds: [{ ...newFile('a'), stats: undefined }] });
    await expect(attempt).rejects.toMatchObject({ code: 'unexpected' });
  });
});

describe('a checkpoint', () => {
  it('keeps row ids, clustering, deletion vectors and the notes of features and users', async () => {
    const context = localContext(await newFolder(), duckdb.checkpointFiles);
    const note = (domain: string, removed = false): JsonObject => ({
      domainMetadata: { domain, configuration: '{"a":1}', removed },
    });
    await foreignTable(context, ['deletionVectors', 'rowTracking', 'domainMetadata'], {}, [
      ...[note('delta.rowTracking'), note('mine'), note('gone')],
      foreignAdd('a', {
        ...{ rowTracking: { baseRowId: 5, commitVersion: 0 }, clusteringProvider: 'liquid' },
        ...{ deletionVector: VECTOR, tags: { INSERTION_TIME: '1' } },
      }),
      foreignAdd('b', { rowTracking: { baseRowId: 7, commitVersion: undefined } }),
    ]);
    await writeCommit(context, 1, [
      note('gone', true),
      {
        remove: {
          ...{ path: 'b', dataChange: true, deletionTimestamp: Date.now() },
          ...{ baseRowId: 7, defaultRowCommitVersion: 0 },
        },
      },
    ]);
    const before = await load(context);
    expect([...before.domains.keys()]).toEqual(['delta.rowTracking', 'mine']);
    await writeCheckpoint(context, before);
    await context.storage.delete(commitPath('t', 0));
    const after = await load(context);
    expect(after.files).toEqual(before.files.map((file) => ({ ...file, dataChange: false })));
    expect(after.domains).toEqual(before.domains);
    expect(after.tombstones).toEqual(before.tombstones.map((f) => ({ ...f, dataChange: false })));
  });
});

describe('a removed file', () => {
  it('is named together with its deletion vector', async () => {
    const context = memoryContext();
    const base = await foreignTable(context, ['deletionVectors'], {}, [
      foreignAdd('a', { deletionVector: VECTOR }),
    ]);
    const written = await write(context, base, { removes: base.files, adds: [newFile('b')] });
    expect(pathsOf(written.files)).toEqual(['b']);
    expect((await actionsOf(context, 1))[1]).toMatchObject({
      remove: {
        path: 'a',
        deletionVector: {
          ...{ storageType: 'u', pathOrInlineDv: VECTOR.pathOrInlineDv, offset: 1 },
          ...{ sizeInBytes: 36, cardinality: 2 },
        },
      },
    });
    expect(await load(context)).toEqual(written);
  });

  it('is not there any more for who knows it with other deleted rows', async () => {
    const context = memoryContext();
    const base = await foreignTable(context, ['deletionVectors'], {}, [foreignAdd('a')]);
    await writeCommit(context, 1, [
      { remove: { path: 'a', dataChange: true, deletionTimestamp: 1 } },
      foreignAdd('a', { deletionVector: VECTOR }),
    ]);
    const { metadata: _, ...late } = change({ removes: base.files, adds: [newFile('b')] });
    expect((await commitChange(context, 't', base, late)).kind).toBe('conflict');
    expect(pathsOf((await load(context)).files)).toEqual(['a']);
  });
});

describe('vacuum', () => {
  const DAY_MS = 24 * 3_600_000;

  it('keeps the deletion vectors of every version of the retention, and deletes the others', async () => {
    const folder = await newFolder();
    const context = localContext(folder, duckdb.checkpointFiles);
    const files = ['a', VECTOR_FILE, 'deletion_vector_11111111-1111-1111-1111-111111111111.bin'];
    for (const name of files) {
      await context.storage.write(`t/${name}`, Buffer.from('x'));
      await utimes(join(folder, 't', name), 1_600_000_000, 1_600_000_000);
    }
    await foreignTable(context, ['deletionVectors'], {}, [
      foreignAdd('a', { deletionVector: VECTOR }),
    ]);
    const report = await vacuum(context, 't');
    expect(report.files.map(({ path }) => path)).toEqual([`t/${files[2]}`]);
    expect(await context.storage.stat(`t/${VECTOR_FILE}`)).toBeDefined();

    const removed = await write(context, await load(context), {
      removes: (await load(context)).files,
    });
    expect(removed.files).toEqual([]);
    expect((await vacuum(context, 't')).files).toEqual([]);
    const later = { ...context, now: () => Date.now() + 30 * DAY_MS };
    expect((await vacuum(later, 't')).files.map(({ path }) => path).sort()).toEqual(
      ['t/a', `t/${VECTOR_FILE}`].sort(),
    );
  });

  it('deletes no log that a dropped feature protects', async () => {
    const cleaned = async (before: string): Promise<number> => {
      const folder = await newFolder();
      const context = localContext(folder, duckdb.checkpointFiles);
      const property = { 'delta.requireCheckpointProtectionBeforeVersion': before };
      const features = ['checkpointProtection', 'deletionVectors'];
      let table = await foreignTable(context, features, property);
      for (const name of ['a', 'b']) {
        table = await write(context, table, { adds: [newFile(name)] });
      }
      await writeCheckpoint(context, table);
      await write(context, table, { adds: [newFile('c')] });
      const later = { ...context, now: () => Date.now() + 90 * DAY_MS };
      return (await vacuum(later, 't')).logFiles.length;
    };
    expect(await cleaned('3')).toBe(0);
    expect(await cleaned('2')).toBe(2);
  });
});

describe('a table of our own', () => {
  it('shows nothing of all this', async () => {
    const context = memoryContext();
    const base = await commitTo(context, undefined, { adds: [newFile('a')] });
    await commitTo(context, base, { adds: [newFile('b')], removes: base.files });
    const [info, ...rest] = await actionsOf(context, 1);
    expect(info?.commitInfo).not.toHaveProperty('tags');
    expect(info?.commitInfo).not.toHaveProperty('inCommitTimestamp');
    expect(JSON.stringify(rest)).not.toContain('RowId');
  });
});
