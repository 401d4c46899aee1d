import { commitChange } from '../../src/delta/commit.ts';
import { schemaFromColumns } from '../../src/delta/schema.ts';
import { loadSnapshot } from '../../src/delta/snapshot.ts';
import { openLocalStorage } from '../../src/storage/local.ts';
import { plainCheckpointFiles } from './plain-checkpoint-files.ts';

/**
 * A process that commits: `committer.ts <folder> <application id> <number of commits>`. It continues
 * where its application stopped, and prints the number of each transaction once it is committed.
 */
const [folder = '', appId = '', commitCount = ''] = process.argv.slice(2);
const context = { storage: openLocalStorage(folder), checkpointFiles: plainCheckpointFiles };
const metadata = {
  schema: schemaFromColumns([{ name: 'id', type: 'long', nullable: true }]),
  partitionColumns: [],
  configuration: {},
};

for (let made = 0; made < Number(commitCount); made += 1) {
  const base = await loadSnapshot(context, 't');
  const last = base?.txns.get(appId);
  const version = (last ?? 0) + 1;
  const file = {
    path: `${appId}-${version}.parquet`,
    partitionValues: {},
    sizeBytes: 100,
    modificationTimeMs: 1,
    stats: '{"numRecords":1}',
  };
  const result = await commitChange(context, 't', base, {
    operation: 'WRITE',
    metadata,
    adds: [file],
    removes: [],
    reads: { kind: 'nothing' },
    txn: { appId, version, expectedVersion: last },
  });
  if (result.kind !== 'committed') {
    throw new Error(`${appId} ${version}: ${result.kind}`);
  }
  if (result.checkpointFailure) {
    throw result.checkpointFailure;
  }
  process.stdout.write(`${version}\n`);
}
