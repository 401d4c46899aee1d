import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import { writeVersionChecksum } from '../../src/delta/version-checksum.ts';
import { COLUMNS, commitTo, memoryContext, newFile, tableOf } from './support.ts';

async function checksumOf(context: ReturnType<typeof memoryContext>, snapshot: Snapshot) {
  await writeVersionChecksum(context, snapshot);
  const name = `${String(snapshot.version).padStart(20, '0')}.crc`;
  return JSON.parse((await context.storage.read(`t/_delta_log/${name}`)).toString('utf8'));
}

describe('the summary of a version', () => {
  it('says how the table is after its commit, and names the files of a small one', async () => {
    const context = memoryContext();
    const first = await tableOf(context, 1);
    const txn = { appId: 'app', version: 7, expectedVersion: undefined };
    const second = await commitTo(context, first, { adds: [newFile('1.parquet')], txn });
    const checksum = await checksumOf(context, second);
    expect(checksum).toMatchObject({ tableSizeBytes: 200, numFiles: 2, numMetadata: 1 });
    expect(checksum).toMatchObject({ numProtocol: 1, domainMetadata: [] });
    expect(checksum.setTransactions).toEqual([
      expect.objectContaining({ appId: 'app', version: 7 }),
    ]);
    expect(checksum.protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
    expect(checksum.metadata).toMatchObject({ id: first.metadata.id, partitionColumns: ['day'] });
    expect(JSON.parse(checksum.metadata.schemaString).fields).toHaveLength(COLUMNS.length);
    expect(checksum.allFiles).toEqual([
      expect.objectContaining({ path: '0.parquet', size: 100, dataChange: false }),
      expect.objectContaining({ path: '1.parquet', partitionValues: { day: '2024-05-01' } }),
    ]);
  });

  it('only counts the files of a large table', async () => {
    const context = memoryContext();
    const adds = Array.from({ length: 51 }, (_, index) => newFile(`${index}.parquet`));
    const checksum = await checksumOf(context, await commitTo(context, undefined, { adds }));
    expect(checksum).toMatchObject({ numFiles: 51, tableSizeBytes: 5100 });
    expect(checksum.allFiles).toBeUndefined();
  });

  it('is left as another writer has made it, and to writers of newer protocols', async () => {
    const context = memoryContext();
    const snapshot = await tableOf(context, 1);
    const newer = { ...snapshot, protocol: { ...snapshot.protocol, minWriterVersion: 7 } };
    await expect(checksumOf(context, newer)).rejects.toThrow();
    await checksumOf(context, snapshot);
    expect(await checksumOf(context, { ...snapshot, files: [] })).toMatchObject({ numFiles: 1 });
  });
});
