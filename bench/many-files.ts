/** Scenario q: `run` with nothing new over a lake that has received many files, on a disk and in Azure. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { parseAzureAddress } from '../src/storage/azure/address.ts';
import { startAzurite } from '../test/fixtures/azurite.ts';
import { clicklake, type Measured } from './measure.ts';
import type { Findings, Plan } from './scenarios.ts';

const FILES_PER_DAY = 1_000;
const UPLOADS_AT_ONCE = 16;
const DAY_MS = 86_400_000;

export async function measureManyFiles(plan: Plan, work: string): Promise<Findings> {
  const lake = join(work, 'lake');
  plan.note(`q: a lake of ${plan.files.toLocaleString('en')} files`);
  writeFiles(join(lake, 'bronze', 'shop'), plan.files);
  await clicklake(['run', '--lake', lake]);
  const onDisk = await measureRuns(plan, ['--lake', lake]);

  const azurite = await startAzurite();
  try {
    plan.note('q: the same in Azurite');
    const address = await azurite.newLake();
    await upload(lake, address, azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '');
    const env = { ...azurite.env, CLICKLAKE_CACHE_DIR: join(work, 'cache') };
    // Fills the cache of tables, as the run has that made them.
    await clicklake(['run', '--lake', address], env);
    const inAzure = await measureRuns(plan, ['--lake', address], env);
    const job = (place: string, measured: Measured[]) => ({
      name: `q  nothing new beside ${plan.files.toLocaleString('en')} files, ${place}`,
      lines: 0,
      measured,
    });
    return { jobs: [job('disk', onDisk), job('Azurite', inAzure)], ratios: [] };
  } finally {
    await azurite.stop();
  }
}

async function measureRuns(
  plan: Plan,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let round = 0; round < plan.runs; round += 1) {
    measured.push(await clicklake(['run', ...args], env));
  }
  return measured;
}

/** One event each, in a folder for each day. */
function writeFiles(folder: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const day = Math.floor(index / FILES_PER_DAY);
    const date = new Date(Date.UTC(2026, 0, 1) + day * DAY_MS).toISOString().slice(0, 10);
    if (index % FILES_PER_DAY === 0) {
      mkdirSync(join(folder, date), { recursive: true });
    }
    const event = {
      ...{ event_id: `e${index}`, user_id: `u${index % 5_000}`, session_id: `s${index}` },
      ...{ event_type: 'page_view', event_timestamp: `${date}T12:00:00Z` },
    };
    writeFileSync(join(folder, date, `${index}.ndjson`), `${JSON.stringify(event)}\n`);
  }
}

async function upload(lake: string, address: string, connection: string): Promise<void> {
  const { container, folder } = parseAzureAddress(address);
  const client = BlobServiceClient.fromConnectionString(connection).getContainerClient(container);
  const paths = readdirSync(lake, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(lake.length + 1));
  const uploadSome = async (): Promise<void> => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const bytes = await readFile(join(lake, path));
      await client.getBlockBlobClient(`${folder}/${path}`).upload(bytes, bytes.length);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, uploadSome));
}
