import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToJson, emptyActionSet, fileKey, removeToJson } from '../../src/delta/actions.ts';
import { diffVersions } from '../../src/delta/changes.ts';
import type { DeltaContext } from '../../src/delta/context.ts';
import { commitPath } from '../../src/delta/log-paths.ts';
import { loadSnapshot, refreshSnapshot } from '../../src/delta/snapshot.ts';
import { applyActions, emptyTableState } from '../../src/delta/table-state.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import {
  commitTo,
  load,
  localContext,
  memoryContext,
  newFile,
  pathsOf,
  SHAPE,
  tableOf,
  useFolders,
} from './support.ts';

const newFolder = useFolders();

async function rewriteCommit(
  context: DeltaContext,
  version: number,
  rewrite: (text: string) => string | Buffer,
): Promise<void> {
  const path = commitPath('t', version);
  const text = (await context.storage.read(path)).toString();
  await context.storage.write(path, Buffer.from(rewrite(text)));
}

describe('a snapshot', () => {
  it('is undefined where there is no table', async () => {
    const context = memoryContext();
    await context.storage.write('t/part-0.parquet', Buffer.from('x'));
    expect(await loadSnapshot(context, 't')).toBeUndefined();
  });

  it('of an older version shows what was there then', async () => {
    const context = memoryContext();
    const latest = await tableOf(context, 5);
    const removed = await commitTo(context, latest, { removes: latest.files.slice(0, 2) });
    expect(pathsOf((await load(context, { version: 2 })).files)).toHaveLength(3);
    expect(pathsOf((await load(context, { version: 4 })).files)).toHaveLength(5);
    expect(await load(context, { version: 5 })).toEqual(removed);
  });

  it('of a version that is not there is an error that names those that are', async () => {
    const context = memoryContext();
    await tableOf(context, 5);
    await expect(load(context, { version: 9 })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('versions 0 to 4'),
    });
  });

  it('of a table that was created without columns has none', async () => {
    const context = memoryContext();
    await tableOf(context, 1);
    await rewriteCommit(context, 0, (text) =>
      text.replace(/"schemaString":"(?:[^"\\]|\\.)*",/, ''),
    );
    expect((await load(context)).metadata.schema.fields).toEqual([]);
  });

  it('is brought up to date by the new commits alone', async () => {
    const context = memoryContext();
    const first = await tableOf(context, 2);
    expect(await refreshSnapshot(context, first)).toBe(first);
    const latest = await commitTo(context, first, { adds: [newFile('x.parquet')] });
    await context.storage.delete(commitPath('t', 0));
    expect(await refreshSnapshot(context, first)).toEqual(latest);
  });

  it('notices that its table was replaced by another one, or removed', async () => {
    const context = memoryContext();
    const first = await tableOf(context, 3);
    for (const version of [0, 1, 2]) {
      await context.storage.delete(commitPath('t', version));
    }
    expect(await refreshSnapshot(context, first)).toBeUndefined();
    const metadata = { ...SHAPE, configuration: { other: 'table' } };
    const second = await commitTo(context, undefined, { metadata });
    const third = await commitTo(context, second, { metadata });
    const other = await commitTo(context, third, { metadata, adds: [newFile('o.parquet')] });
    expect(await refreshSnapshot(context, first)).toEqual(other);
  });

  it('keeps every digit of the statistics', async () => {
    const context = memoryContext();
    const stats = '{"numRecords":1,"minValues":{"id":9223372036854775807}}';
    await commitTo(context, undefined, { adds: [{ ...newFile('a.parquet'), stats }] });
    expect((await load(context)).files[0]?.stats).toBe(stats);
  });

  it('reads an empty partition value as null', async () => {
    const context = memoryContext();
    await commitTo(context, undefined, { adds: [newFile('a.parquet', '')] });
    expect((await load(context)).files[0]?.partitionValues).toEqual({ day: null });
  });

  it('passes over actions and fields it does not know', async () => {
    const context = memoryContext();
    await tableOf(context, 2);
    await rewriteCommit(
      context,
      1,
      (text) =>
        `{"cdc":{"path":"x"}}\n{"future":{"a":[1]}}\n\n${text.replace('"add":{', '"add":{"later":true,')}`,
    );
    expect(pathsOf((await load(context)).files)).toEqual(['0.parquet', '1.parquet']);
  });
});

describe('a damaged log', () => {
  const damages: [string, (text: string) => string | Buffer, RegExp][] = [
    ['a commit that is truncated', (text) => text.slice(0, -20), /1\.json line \d.*truncated/],
    ['an empty commit', () => '', /1\.json: the file is empty/],
    ['a line that is no object', (text) => `${text}[1]\n`, /1\.json line 3: an object/],
    ['a missing field', (text) => text.replace('"path"', '"pfad"'), /line 2\.add: the field path/],
    ['a wrong type', (text) => text.replace('"size":100', '"size":"100"'), /add\.size: an integer/],
    ['bytes that are not UTF-8', () => Buffer.from([0x7b, 0xff, 0x7d]), /1\.json: not UTF-8/],
  ];
  it.each(damages)('with %s is reported with the file', async (_name, rewrite, message) => {
    const context = memoryContext();
    await tableOf(context, 3);
    await rewriteCommit(context, 1, rewrite);
    await expect(load(context)).rejects.toMatchObject({
      code: 'table_corrupt',
      message: expect.stringMatching(message),
    });
    expect(pathsOf((await load(context, { version: 0 })).files)).toEqual(['0.parquet']);
  });

  it('with a missing version is reported with its name', async () => {
    const context = memoryContext();
    await tableOf(context, 5);
    await context.storage.delete(commitPath('t', 3));
    await expect(load(context)).rejects.toMatchObject({
      code: 'table_corrupt',
      message: expect.stringContaining('t/_delta_log/00000000000000000003.json'),
    });
    expect((await load(context, { version: 2 })).version).toBe(2);
  });

  it('that begins late without a checkpoint is reported', async () => {
    const context = memoryContext();
    await tableOf(context, 4);
    await context.storage.delete(commitPath('t', 0));
    await expect(load(context)).rejects.toMatchObject({
      code: 'table_corrupt',
      message: expect.stringContaining('00000000000000000000.json'),
    });
  });
});

describe('time travel by timestamp', () => {
  const at = (minute: number) => Date.UTC(2024, 4, 1, 12, minute);

  async function tableWithTimes(minutes: readonly number[]) {
    const folder = await newFolder();
    const context = localContext(folder, memoryContext().checkpointFiles);
    await tableOf(context, minutes.length);
    for (const [version, minute] of minutes.entries()) {
      await utimes(join(folder, commitPath('t', version)), at(minute) / 1000, at(minute) / 1000);
    }
    return context;
  }

  it('takes the newest version that is not later', async () => {
    const context = await tableWithTimes([0, 10, 20]);
    const version = async (timestampMs: number) => (await load(context, { timestampMs })).version;
    expect(await version(at(0))).toBe(0);
    expect(await version(at(15))).toBe(1);
    expect(await version(at(20))).toBe(2);
    expect(await version(at(99))).toBe(2);
    await expect(version(at(0) - 1)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('makes the times of files increase', async () => {
    const context = await tableWithTimes([10, 5, 20]);
    const version = async (timestampMs: number) => (await load(context, { timestampMs })).version;
    expect(await version(at(10))).toBe(0);
    expect(await version(at(10) + 1)).toBe(1);
    await expect(version(at(7))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('takes in-commit timestamps where the table has them', async () => {
    const context = await tableWithTimes([50, 50, 50]);
    const enable = '"configuration":{"delta.enableInCommitTimestamps":"TRUE"}';
    for (const version of [0, 1, 2]) {
      await rewriteCommit(context, version, (text) =>
        text
          .replace('"commitInfo":{', `"commitInfo":{"inCommitTimestamp":${at(version)},`)
          .replace('"configuration":{}', enable),
      );
    }
    expect((await load(context, { timestampMs: at(1) })).version).toBe(1);
    expect((await load(context)).timestampMs).toBe(at(2));
  });
});

describe('the changes between versions', () => {
  it('are the files added, whatever compaction did to them since', async () => {
    const context = memoryContext();
    const first = await tableOf(context, 3);
    await commitTo(context, first, {
      adds: [newFile('compacted.parquet')],
      removes: first.files,
      dataChange: false,
    });
    const changes = await diffVersions(context, await load(context), 0);
    expect(changes).toMatchObject({
      kind: 'changes',
      hasDataRemoves: false,
      metadataChanged: false,
    });
    if (changes.kind === 'changes') {
      expect(pathsOf(changes.adds)).toEqual(['1.parquet', '2.parquet']);
    }
  });

  it('say whether older rows were removed, and leave out rows that came and went', async () => {
    const context = memoryContext();
    const first = await tableOf(context, 1);
    const second = await commitTo(context, first, { adds: [newFile('a.parquet')] });
    const added = second.files.filter(({ path }) => path === 'a.parquet');
    const third = await commitTo(context, second, {
      adds: [newFile('b.parquet')],
      removes: added,
    });
    const within = await diffVersions(context, third, 0);
    expect(within).toMatchObject({ hasDataRemoves: false, adds: [{ path: 'b.parquet' }] });
    const later = await diffVersions(context, third, 1);
    expect(later).toMatchObject({ hasDataRemoves: true, adds: [{ path: 'b.parquet' }] });
    const last = await commitTo(context, third, {
      metadata: { ...SHAPE, configuration: { x: 'y' } },
    });
    expect(await diffVersions(context, last, 2)).toEqual({
      kind: 'changes',
      adds: [],
      hasDataRemoves: false,
      metadataChanged: true,
    });
    expect(await diffVersions(context, last, 3)).toMatchObject({ adds: [] });
  });

  it('are unavailable when the log was cleaned', async () => {
    const context = memoryContext();
    const table = await tableOf(context, 4);
    await context.storage.delete(commitPath('t', 1));
    expect(await diffVersions(context, table, 0)).toEqual({ kind: 'unavailable' });
    expect(await diffVersions(context, table, 1)).toMatchObject({ kind: 'changes' });
  });
});

describe('replay', () => {
  const day = fc.constantFrom(null, '2024-05-01');
  const name = fc.constantFrom('a b.parquet', 'x%20y.parquet', 'ä.parquet', 'd=1/e.parquet');
  const vector = fc.option(
    fc.record({
      storageType: fc.constantFrom('i', 'u', 'p'),
      pathOrInlineDv: fc.constantFrom('abc', 'def'),
      offset: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
      sizeBytes: fc.nat(),
      cardinality: fc.nat(),
    }),
    { nil: undefined },
  );
  const add = fc.record({
    path: name,
    partitionValues: day.map((value) => ({ day: value })),
    sizeBytes: fc.nat(),
    modificationTimeMs: fc.nat(),
    dataChange: fc.boolean(),
    stats: fc.option(fc.string(), { nil: undefined }),
    deletionVector: vector,
    tags: fc.option(fc.constant({ a: 'b' }), { nil: undefined }),
  });
  const remove = fc.record({
    path: name,
    deletionTimestampMs: fc.nat(),
    dataChange: fc.boolean(),
    partitionValues: fc.option(fc.constant({ day: null }), { nil: undefined }),
    sizeBytes: fc.option(fc.nat(), { nil: undefined }),
    deletionVector: vector,
  });
  const commit = fc.record({
    adds: fc.array(add, { maxLength: 3 }),
    removes: fc.array(remove, { maxLength: 3 }),
  });

  it('of the log equals applying the actions one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { maxLength: 8 }), async (commits) => {
        const context = memoryContext();
        const first = await commitTo(context, undefined, {});
        const state = emptyTableState();
        for (const [index, { adds, removes }] of commits.entries()) {
          applyActions(state, { ...emptyActionSet(), adds, removes });
          const lines = [{ commitInfo: {} }, ...removes.map(removeToJson), ...adds.map(addToJson)];
          const text = lines.map((line) => JSON.stringify(line)).join('\n');
          await context.storage.write(commitPath('t', index + 1), Buffer.from(text));
        }
        const loaded = await load(context);
        expect(loaded.files).toEqual([...state.files.values()]);
        expect(loaded.tombstones).toEqual([...state.tombstones.values()]);
        expect(await refreshSnapshot(context, first)).toEqual(loaded);
        const keys = loaded.files.map(fileKey);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      propertyRuns(100, 1_000),
    );
  });
});
