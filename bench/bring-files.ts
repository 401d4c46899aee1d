/**
 * Files of a lake brought to the local disk by Clicklake, as a run brings them.
 *
 *   bring-files.js <folder with the product's dist> <cache folder> <lake> <prefix>
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist = '', folder = '', lake = '', prefix = ''] = process.argv.slice(2);
const { openAzureStorage } = await import(pathToFileURL(join(dist, 'storage/azure/azure.js')).href);
const storage = await openAzureStorage(lake, {
  env: process.env,
  cache: { folder, maxBytes: 1e12 },
  ...{ maxTries: 6, retryDelayMs: 500, timeoutMs: 60_000 },
});
const files = [];
for await (const file of storage.list(prefix)) {
  files.push(storage.localPath(file.path, file));
}
await Promise.all(files);
await storage.close();
