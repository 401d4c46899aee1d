/**
 * The least that moving files takes: Microsoft's client, as its guide shows, several blocks at once.
 *
 *   sdk-transfer.js up <folder> <container> <prefix>      every file of the folder
 *   sdk-transfer.js down <folder> <container> <prefix>    every blob below the prefix
 *
 * The account is that of AZURE_STORAGE_CONNECTION_STRING.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';

const BLOCK_BYTES = 8 * 1024 * 1024;
const BLOCKS_AT_ONCE = 8;
const FILES_AT_ONCE = 8;

const [direction, folder = '', containerName = '', prefix = ''] = process.argv.slice(2);
const container = BlobServiceClient.fromConnectionString(
  process.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
).getContainerClient(containerName);

if (direction === 'up') {
  for (const name of readdirSync(folder)) {
    await container.getBlockBlobClient(`${prefix}${name}`).uploadFile(join(folder, name), {
      blockSize: BLOCK_BYTES,
      maxSingleShotSize: BLOCK_BYTES,
      concurrency: BLOCKS_AT_ONCE,
    });
  }
} else {
  mkdirSync(folder, { recursive: true });
  const names: string[] = [];
  for await (const { name } of container.listBlobsFlat({ prefix })) {
    names.push(name);
  }
  let next = 0;
  const downloadSome = async (): Promise<void> => {
    while (next < names.length) {
      const index = next;
      next += 1;
      const blob = container.getBlobClient(names[index] ?? '');
      await blob.downloadToFile(join(folder, String(index)));
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, downloadSome));
}
