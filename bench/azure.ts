/** Scenario h: a lake in Azure, against the emulator Azurite. */
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { parseAzureAddress } from '../src/storage/azure/address.ts';
import { type Azurite, startAzurite } from '../test/fixtures/azurite.ts';
import { bringFiles, clicklake, type Measured, sdkTransfer } from './measure.ts';
import { startNarrowProxy } from './narrow-proxy.ts';

export interface AzureFigures {
  ingest: Measured[];
  sdkUp: Measured[];
  bring: Measured[];
  sdkDown: Measured[];
  work: Measured[];
  transfer: Measured[];
  both: Measured[];
  /** MB of 1,000,000 bytes that each of them moved. */
  movedMb: { in: number; out: number; narrow: number };
}

/** Small enough that several batches follow each other. */
const BATCH_MB = '128';
const INGEST_TURNS = 3;
const FETCH_TURNS = 5;

/** Measures everything once; `work` is an empty folder, which is used up. */
export async function measureAzure(
  input: string,
  work: string,
  figures: AzureFigures,
): Promise<void> {
  const azurite = await startAzurite();
  try {
    const lake = await azurite.newLake();
    const { container, folder } = parseAzureAddress(lake);
    const env = (cache: string, connection = azurite.env) => ({
      ...connection,
      CLICKLAKE_CACHE_DIR: join(work, cache),
      CLICKLAKE_SILVER_MAX_BATCH_MB: BATCH_MB,
    });
    let downloadCount = 0;
    const upload = (prefix: string) => sdkTransfer(['up', input, container, prefix], azurite.env);
    const download = (prefix: string, connection = azurite.env) => {
      downloadCount += 1;
      const folder = join(work, `plain-${downloadCount}`);
      return sdkTransfer(['down', folder, container, prefix], connection);
    };

    // In turns, since the disk may still be busy with what came before.
    for (let turn = 0; turn < INGEST_TURNS; turn += 1) {
      figures.sdkUp.push(await upload(`plain-${turn}/`));
      await forget(azurite, container, [`plain-${turn}/`]);
      const each = turn === 0 ? lake : await azurite.newLake();
      figures.ingest.push(await clicklake(['ingest', input, '--lake', each], env('warm')));
    }
    figures.movedMb.in = await sizeMb(azurite, container, `${folder}/bronze/`);

    // The network is as slow as makes the transfer take as long as the work.
    figures.work.push(await clicklake(['run', '--lake', lake], env('warm')));
    figures.movedMb.out = await sizeMb(azurite, container, `${folder}/silver/events/`);
    // Short, and right after much writing: in turns, the plain one first.
    for (let turn = 0; turn < FETCH_TURNS; turn += 1) {
      const cold = join(work, `cold-${turn}`);
      figures.sdkDown.push(await download(`${folder}/silver/events/`));
      figures.bring.push(await bringFiles(cold, lake, 'silver/events/', azurite.env));
    }

    const everythingMb = await sizeMb(azurite, container, `${folder}/`);
    figures.movedMb.narrow = everythingMb;
    const seconds = figures.work.at(-1)?.seconds ?? 1;
    const proxy = await startNarrowProxy(azurite.endpoint, (everythingMb * 1e6) / seconds);
    const { origin } = new URL(azurite.endpoint);
    const connection = Object.fromEntries(
      Object.entries(azurite.env).map(([name, text]) => [name, text.replace(origin, proxy.origin)]),
    );
    try {
      figures.transfer.push(await download(`${folder}/`, connection));
      await forget(azurite, container, [`${folder}/silver/`, `${folder}/gold/`]);
      figures.both.push(await clicklake(['run', '--lake', lake], env('colder', connection)));
    } finally {
      await proxy.stop();
    }
  } finally {
    await azurite.stop();
  }
}

function containerOf(azurite: Azurite, container: string) {
  return BlobServiceClient.fromConnectionString(
    azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
  ).getContainerClient(container);
}

async function sizeMb(azurite: Azurite, container: string, prefix: string): Promise<number> {
  let bytes = 0;
  for await (const { properties } of containerOf(azurite, container).listBlobsFlat({ prefix })) {
    bytes += properties.contentLength ?? 0;
  }
  return bytes / 1e6;
}

async function forget(azurite: Azurite, container: string, prefixes: string[]): Promise<void> {
  for (const prefix of prefixes) {
    const client = containerOf(azurite, container);
    for await (const { name } of client.listBlobsFlat({ prefix })) {
      await client.deleteBlob(name);
    }
  }
}
