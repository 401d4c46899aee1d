import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  addToJson,
  metadataToJson,
  protocolToJson,
  removeToJson,
  transactionToJson,
} from '../../src/delta/actions.ts';
import type { DeltaContext } from '../../src/delta/context.ts';
import { padVersion } from '../../src/delta/log-paths.ts';
import type { Snapshot } from '../../src/delta/snapshot.ts';

/**
 * Writes a V2 checkpoint of a snapshot as PROTOCOL.md ("V2 Spec") has it, which Clicklake itself
 * never does: file actions in two sidecars, everything else in a main file named with a UUID.
 */
export async function writeV2Checkpoint(
  context: DeltaContext,
  connection: DuckDBConnection,
  snapshot: Snapshot,
  mainFile: 'json' | 'parquet',
): Promise<void> {
  const log = `${snapshot.root}/_delta_log`;
  const files = [
    ...snapshot.files.map((file) => addToJson({ ...file, dataChange: false })),
    ...snapshot.tombstones.map(removeToJson),
  ];
  const middle = Math.ceil(files.length / 2);
  const sidecars: object[] = [];
  for (const part of [files.slice(0, middle), files.slice(middle)]) {
    const name = `${randomUUID()}.parquet`;
    const bytes = await parquetOf((path) => context.checkpointFiles.write(part, path));
    await context.storage.write(`${log}/_sidecars/${name}`, bytes);
    sidecars.push({ sidecar: { path: name, sizeInBytes: bytes.length, modificationTime: 1 } });
  }
  const actions = [
    { checkpointMetadata: { version: snapshot.version } },
    protocolToJson(snapshot.protocol),
    metadataToJson(snapshot.metadata),
    ...snapshot.transactions.map(transactionToJson),
    ...sidecars,
  ];
  const lines = Buffer.from(actions.map((action) => JSON.stringify(action)).join('\n'));
  const main = `${log}/${padVersion(snapshot.version)}.checkpoint.${randomUUID()}.${mainFile}`;
  await context.storage.write(main, mainFile === 'json' ? lines : await toParquet(lines));

  /** With the schema that DuckDB finds in the lines: other writers' schemas differ from ours. */
  async function toParquet(json: Buffer): Promise<Buffer> {
    await context.storage.write('lines.json', json);
    const source = await context.storage.localPath('lines.json');
    return await parquetOf(async (path) => {
      await connection.run(
        `COPY (SELECT * FROM read_json('${source}', format = 'newline_delimited', map_inference_threshold = -1)) TO '${path}' (FORMAT parquet)`,
      );
    });
  }
}

async function parquetOf(write: (path: string) => Promise<void>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-v2-'));
  try {
    await write(join(folder, 'file.parquet'));
    return await readFile(join(folder, 'file.parquet'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
