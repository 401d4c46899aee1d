/** Chooses the storage from the lake's address. No other module does this. */
import process from 'node:process';
import { isRemoteAddress } from '../config/lake-address.ts';
import type { Settings } from '../config/settings.ts';
import { ClicklakeError } from '../errors.ts';
import type { ProgressListener } from '../pipeline/reports.ts';
import { isAzureAddress } from '../storage/azure/address.ts';
import { openLocalStorage } from '../storage/local.ts';
import type { Storage } from '../storage/storage.ts';

const MEGABYTE = 1_000_000;

export interface StorageHooks {
  onProgress?: ProgressListener;
  signal?: AbortSignal;
  env?: Readonly<Record<string, string | undefined>>;
}

/** Opens the storage of the lake. Throws `config_invalid` for an address that is not supported. */
export async function openStorage(
  { lake, azure, cache }: Settings,
  { env = process.env, onProgress, signal }: StorageHooks,
): Promise<Storage & { close(): Promise<void> }> {
  if (isAzureAddress(lake)) {
    // Imported on demand: the SDK takes longer to load than everything else.
    const { openAzureStorage } = await import('../storage/azure/azure.ts');
    return await openAzureStorage(lake, {
      env,
      cache: { folder: cache.folder, maxBytes: cache.maxMb * MEGABYTE },
      maxTries: azure.maxTries,
      retryDelayMs: azure.retryDelayMs,
      timeoutMs: azure.requestTimeoutMs,
      signal,
      onTransfer: (transfer) => onProgress?.({ stage: 'transfer', ...transfer }),
    });
  }
  if (!isRemoteAddress(lake)) {
    return { ...openLocalStorage(lake), close: async () => {} };
  }
  throw new ClicklakeError(
    'config_invalid',
    `a lake at ${lake.replace(/\/\/[^/]*:[^/]*@/, '//…@')} is not supported`,
    {
      hint: 'use a local folder, for example --lake ./lake, or abfss://container@account.dfs.core.windows.net/path',
    },
  );
}
