import {
  AnonymousCredential,
  ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { ClicklakeError } from '../../errors.ts';
import type { AzureAddress } from './address.ts';

/** Every request is sent once: requests.ts decides whether it is sent again. */
const options = { retryOptions: { maxTries: 1 } };

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A client for the address's container. Credentials are looked for in this order: a connection
 * string; an account key; a shared access signature; Entra ID (environment, managed identity, `az
 * login`). They come from the environment only, and no message repeats them.
 */
export async function openContainer(
  address: AzureAddress,
  env: Environment,
): Promise<ContainerClient> {
  const connection = readConnectionString(env.AZURE_STORAGE_CONNECTION_STRING);
  const account =
    connection.get('accountname') ||
    (connection.size === 0 && (env.AZURE_STORAGE_ACCOUNT_NAME || env.AZURE_STORAGE_ACCOUNT)) ||
    address.account;
  if (account !== address.account) {
    throw new ClicklakeError(
      'config_invalid',
      `the credentials are for the storage account ${account}, the lake is in ${address.account}`,
      { hint: 'set AZURE_STORAGE_* for the account of the lake, or name another lake' },
    );
  }
  const endpoint = (
    connection.get('blobendpoint') ||
    env.AZURE_STORAGE_BLOB_ENDPOINT ||
    address.blobEndpoint
  ).replace(/\/+$/, '');
  requireEncryption(endpoint);
  const url = `${endpoint}/${address.container}`;

  const isConnection = connection.size > 0;
  const key = isConnection
    ? connection.get('accountkey')
    : env.AZURE_STORAGE_ACCOUNT_KEY || env.AZURE_STORAGE_KEY;
  if (key) return new ContainerClient(url, new StorageSharedKeyCredential(account, key), options);
  const signature = isConnection
    ? connection.get('sharedaccesssignature')
    : env.AZURE_STORAGE_SAS_TOKEN;
  if (signature) {
    const signedUrl = `${url}?${signature.replace(/^\?/, '')}`;
    return new ContainerClient(signedUrl, new AnonymousCredential(), options);
  }
  if (isConnection) throw unreadableConnection();
  // Loading it takes as long as everything else together: only who needs it pays.
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new ContainerClient(url, new DefaultAzureCredential(), options);
}

function readConnectionString(text: string | undefined): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of (text ?? '').split(';')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals < 1) throw unreadableConnection();
    values.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return values;
}

function unreadableConnection(): ClicklakeError {
  return new ClicklakeError('config_invalid', 'AZURE_STORAGE_CONNECTION_STRING cannot be read', {
    hint: 'copy it whole from the storage account, under "Access keys" or "Shared access signature"',
  });
}

/** Secrets and data go over plain HTTP only to this machine itself. */
function requireEncryption(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '');
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return;
  throw new ClicklakeError('config_invalid', 'the Blob endpoint does not begin with https://', {
    hint: 'use https in AZURE_STORAGE_BLOB_ENDPOINT and in the connection string; http is for 127.0.0.1 only',
  });
}
