import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addToJson, metadataToJson, protocolToJson } from '../../src/delta/actions.ts';
import { writeCheckpoint } from '../../src/delta/checkpoint.ts';
import { commitChange } from '../../src/delta/commit.ts';
import type { DeltaContext } from '../../src/delta/context.ts';
import { classicCheckpointPath, commitPath, padVersion } from '../../src/delta/log-paths.ts';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import {
  change,
  commitTo,
  load,
  localContext,
  newFile,
  pathsOf,
  SHAPE,
  tableOf,
  useDuckDB,
  useFolders,
} from './support.ts';
import { writeV2Checkpoint } from './v2-checkpoint.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

async function newContext(): Promise<DeltaContext> {
  return localContext(await newFolder(), duckdb.checkpointFiles);
}

async function dropCommits(context: DeltaContext, before: number): Promise<void> {
  for (let version = 0; version < before; version += 1) {
    await context.storage.delete(commitPath('t', version));
  }
}

/** A table of five versions with everything a checkpoint has to keep. */
async function richTable(context: DeltaContext): Promise<Snapshot> {
  const stats = '{"numRecords":1,"minValues":{"id":9223372036854775807,"name":"\\"é\\u0001😀"}}';
  let table = await commitTo(context, undefined, {
    metadata: { ...SHAPE, configuration: { 'delta.x': 'ü"\\' }, description: 'A table.' },
    adds: [
      { ...newFile('day=2024-05-01/a b%20ü.parquet'), stats, tags: { tag: 'value' } },
      newFile('day=__HIVE_DEFAULT_PARTITION__/null.parquet', null),
      { ...newFile('c.parquet'), stats: undefined },
    ],
    txn: { appId: 'one', version: 3, expectedVersion: undefined },
  });
  const metadata = { ...SHAPE, configuration: table.metadata.configuration };
  table = await commitTo(context, table, { metadata, removes: table.files.slice(2) });
  table = await commitTo(context, table, {
    metadata,
    txn: { appId: 'two', version: 9_007_199_254_740_991, expectedVersion: undefined },
  });
  table = await commitTo(context, table, { metadata, adds: [newFile('d.parquet')] });
  return await commitTo(context, table, { metadata, adds: [newFile('e.parquet')] });
}

/** What must be the same whether a snapshot comes from commits or from a checkpoint. */
function content({ version, metadata, protocol, files, txns, tombstones }: Snapshot) {
  const same = <T>(file: T) => ({ ...file, dataChange: undefined });
  return {
    version,
    metadata,
    protocol,
    txns,
    files: files.map(same),
    tombstones: tombstones.map(same),
  };
}

describe('a checkpoint', () => {
  it('is written every ten versions, and is enough to read the table', async () => {
    const context = await newContext();
    const latest = await tableOf(context, 23);
    const root = await context.storage.localPath(commitPath('t', 0));
    const names = await readdir(join(root, '..'));
    expect(names.filter((name) => name.includes('checkpoint'))).toEqual([
      `${padVersion(10)}.checkpoint.parquet`,
      `${padVersion(20)}.checkpoint.parquet`,
      '_last_checkpoint',
    ]);
    await dropCommits(context, 20);
    expect(content(await load(context))).toEqual(content(latest));
    await expect(load(context, { version: 9 })).rejects.toMatchObject({
      message: expect.stringContaining('versions 10 to 22 are available'),
    });
    expect(pathsOf((await load(context, { version: 10 })).files)).toHaveLength(11);
  });

  it('is written as often as the table’s properties say', async () => {
    const context = await newContext();
    const metadata = { ...SHAPE, configuration: { 'delta.checkpointInterval': '2' } };
    let table = await commitTo(context, undefined, { metadata });
    for (let version = 1; version <= 4; version += 1) {
      table = await commitTo(context, table, { metadata, adds: [newFile(`${version}`)] });
    }
    const isThere = async (version: number) =>
      (await context.storage.stat(classicCheckpointPath('t', version))) !== undefined;
    expect(await Promise.all([0, 1, 2, 3, 4].map(isThere))).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it('keeps every part of the table', async () => {
    const context = await newContext();
    const latest = await richTable(context);
    await writeCheckpoint(context, latest);
    await writeCheckpoint(context, latest);
    await dropCommits(context, 4);
    expect(content(await load(context))).toEqual(content(latest));
  });

  it('forgets tombstones that have expired', async () => {
    const context = await newContext();
    const latest = await richTable(context);
    expect(latest.tombstones).toHaveLength(1);
    const later = { ...context, now: () => Date.now() + 8 * 24 * 3_600_000 };
    await writeCheckpoint(later, latest);
    await dropCommits(context, 4);
    expect((await load(context)).tombstones).toEqual([]);
  });

  it('that cannot be written does not fail the commit', async () => {
    const context = await newContext();
    const broken: DeltaContext = {
      ...context,
      checkpointFiles: {
        ...context.checkpointFiles,
        write: () => Promise.reject(new Error('disk full')),
      },
    };
    const base = await tableOf(context, 10);
    const tenth = await commitChange(broken, 't', base, change({ adds: [newFile('x')] }));
    expect(tenth).toMatchObject({ kind: 'committed', version: 10 });
    expect(tenth).toHaveProperty('checkpointFailure', new Error('disk full'));
    expect((await load(context)).files).toHaveLength(11);
  });

  it('that is damaged is made good by an older one, and else named', async () => {
    const context = await newContext();
    const latest = await tableOf(context, 22);
    await context.storage.write(classicCheckpointPath('t', 20), Buffer.from('PAR1 broken PAR1'));
    expect(content(await load(context))).toEqual(content(latest));
    await dropCommits(context, 10);
    expect(content(await load(context))).toEqual(content(latest));
    await context.storage.write(classicCheckpointPath('t', 10), Buffer.from(''));
    await expect(load(context)).rejects.toMatchObject({
      code: 'table_corrupt',
      message: expect.stringContaining(classicCheckpointPath('t', 20)),
    });
  });

  it.each([
    ['is missing', undefined],
    ['is garbage', 'no JSON'],
    ['names no version', '{"version":"ten"}'],
    ['names a version that is not there', '{"version":99999,"size":1}'],
    ['names an older version', '{"version":10,"size":1}'],
    ['names a version without a checkpoint', '{"version":15,"size":1}'],
  ])('is found when the hint %s', async (_what, hint) => {
    const context = await newContext();
    const latest = await tableOf(context, 22);
    const path = 't/_delta_log/_last_checkpoint';
    if (hint === undefined) {
      await context.storage.delete(path);
    } else {
      await context.storage.write(path, Buffer.from(hint));
    }
    expect(content(await load(context))).toEqual(content(latest));
    await dropCommits(context, 20);
    expect(content(await load(context))).toEqual(content(latest));
  });
});

describe('a checkpoint of others', () => {
  it('in parts is read when all parts are there, and ignored otherwise', async () => {
    const context = await newContext();
    const latest = await richTable(context);
    const parts = [
      [protocolToJson(latest.protocol), ...latest.files.slice(0, 1).map(addToJson)],
      [metadataToJson(latest.metadata), ...latest.files.slice(1).map(addToJson)],
    ];
    const partPath = (part: number) =>
      `t/_delta_log/${padVersion(4)}.checkpoint.000000000${part}.0000000002.parquet`;
    for (const [index, actions] of parts.entries()) {
      const work = await context.storage.workFolder('part');
      const file = join(work.path, 'part.parquet');
      await context.checkpointFiles.write(actions, file);
      await context.storage.adopt(file, partPath(index + 1));
      expect(content(await load(context)).files).toEqual(content(latest).files);
    }
    await dropCommits(context, 4);
    expect(content(await load(context)).files).toEqual(content(latest).files);
    await context.storage.delete(partPath(2));
    await expect(load(context)).rejects.toMatchObject({ code: 'table_corrupt' });
  });

  it.each(['json', 'parquet'] as const)(
    'of version 2 with a %s main file is read',
    async (kind) => {
      const context = await newContext();
      const latest = await richTable(context);
      await writeV2Checkpoint(context, duckdb.connection, latest, kind);
      await dropCommits(context, 4);
      expect(content(await load(context))).toEqual(content(latest));
    },
  );

  it('with a missing sidecar is not used', async () => {
    const context = await newContext();
    const latest = await richTable(context);
    await writeV2Checkpoint(context, duckdb.connection, latest, 'json');
    for await (const { path } of context.storage.list('t/_delta_log/_sidecars/')) {
      await context.storage.delete(path);
    }
    expect(content(await load(context))).toEqual(content(latest));
    await dropCommits(context, 4);
    await expect(load(context)).rejects.toMatchObject({ code: 'table_corrupt' });
  });

  it('without protocol and metadata is damaged', async () => {
    const context = await newContext();
    const latest = await richTable(context);
    const folder = await newFolder();
    await context.checkpointFiles.write(latest.files.map(addToJson), join(folder, 'x'));
    await context.storage.write(classicCheckpointPath('t', 4), Buffer.from(''));
    await copyFile(
      join(folder, 'x'),
      await context.storage.localPath(classicCheckpointPath('t', 4)),
    );
    await dropCommits(context, 4);
    await expect(load(context)).rejects.toMatchObject({
      message: expect.stringContaining('no protocol or no metaData'),
    });
  });
});
