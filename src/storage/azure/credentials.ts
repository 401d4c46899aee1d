import {
  AnonymousCredential,
  type ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { AzureAddress } from './address.ts';
import { type Environment, findAccess } from './find-credentials.ts';
import { ListingContainerClient } from './listing-page.ts';

/** The SDK sends every request once; retries are made by requests.ts. */
const options = { retryOptions: { maxTries: 1 } };

/** Opens a client for the container, with the credentials from find-credentials.ts. */
export async function openContainer(
  address: AzureAddress,
  env: Environment,
): Promise<ContainerClient> {
  const { account, endpoint, credentials } = findAccess(address, env);
  const url = `${endpoint}/${address.container}`;
  switch (credentials.kind) {
    case 'key': {
      const credential = new StorageSharedKeyCredential(account, credentials.key);
      return new ListingContainerClient(url, credential, options);
    }
    case 'signature': {
      const signedUrl = `${url}?${credentials.signature}`;
      return new ListingContainerClient(signedUrl, new AnonymousCredential(), options);
    }
    case 'identity': {
      // Imported on demand: this takes as long as loading everything else.
      const { DefaultAzureCredential } = await import('@azure/identity');
      return new ListingContainerClient(url, new DefaultAzureCredential(), options);
    }
  }
}
