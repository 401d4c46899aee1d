import {
  AnonymousCredential,
  ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { AzureAddress } from './address.ts';
import { type Environment, findAccess } from './find-credentials.ts';

/** Every request is sent once: requests.ts decides whether it is sent again. */
const options = { retryOptions: { maxTries: 1 } };

/** A client for the address's container, with the credentials that find-credentials.ts finds. */
export async function openContainer(
  address: AzureAddress,
  env: Environment,
): Promise<ContainerClient> {
  const { account, endpoint, credentials } = findAccess(address, env);
  const url = `${endpoint}/${address.container}`;
  switch (credentials.kind) {
    case 'key': {
      const credential = new StorageSharedKeyCredential(account, credentials.key);
      return new ContainerClient(url, credential, options);
    }
    case 'signature': {
      const signedUrl = `${url}?${credentials.signature}`;
      return new ContainerClient(signedUrl, new AnonymousCredential(), options);
    }
    case 'identity': {
      // Loading it takes as long as everything else together: only who needs it pays.
      const { DefaultAzureCredential } = await import('@azure/identity');
      return new ContainerClient(url, new DefaultAzureCredential(), options);
    }
  }
}
