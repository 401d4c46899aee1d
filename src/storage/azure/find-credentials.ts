/** Chooses credentials and endpoint from the environment. */
import { ClicklakeError } from '../../errors.ts';
import type { AzureAddress } from './address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface AzureAccess {
  account: string;
  /** The account's Blob endpoint, without a trailing slash. */
  endpoint: string;
  /** `identity`: Entra ID, by any method available on this machine. */
  credentials:
    | { kind: 'key'; key: string }
    | { kind: 'signature'; signature: string }
    | { kind: 'identity' };
}

/**
 * Credentials are tried in this order: connection string, account key, shared access signature,
 * Entra ID. They come from the environment only, and are never included in messages.
 */
export function findAccess(address: AzureAddress, env: Environment): AzureAccess {
  const connection = readConnectionString(env.AZURE_STORAGE_CONNECTION_STRING);
  const account =
    connection.get('accountname') ||
    (connection.size === 0 && (env.AZURE_STORAGE_ACCOUNT_NAME || env.AZURE_STORAGE_ACCOUNT)) ||
    address.account;
  if (account !== address.account) {
    throw new ClicklakeError(
      'config_invalid',
      `the credentials are for the storage account ${account}, ${address.url} is in ${address.account}`,
      {
        hint: 'set AZURE_STORAGE_* for the account of the lake, and LANDING_AZURE_STORAGE_* for the account of a landing container',
      },
    );
  }
  const endpoint = (
    connection.get('blobendpoint') ||
    env.AZURE_STORAGE_BLOB_ENDPOINT ||
    address.blobEndpoint
  ).replace(/\/+$/, '');
  requireEncryption(endpoint);

  const isConnection = connection.size > 0;
  const key = isConnection
    ? connection.get('accountkey')
    : env.AZURE_STORAGE_ACCOUNT_KEY || env.AZURE_STORAGE_KEY;
  if (key) {
    return { account, endpoint, credentials: { kind: 'key', key } };
  }
  const found = isConnection
    ? connection.get('sharedaccesssignature')
    : env.AZURE_STORAGE_SAS_TOKEN;
  if (found) {
    const signature = found.trim().replace(/^\?/, '');
    return { account, endpoint, credentials: { kind: 'signature', signature } };
  }
  if (isConnection) {
    throw unreadableConnection();
  }
  return { account, endpoint, credentials: { kind: 'identity' } };
}

/** Whether an endpoint is on this machine, as for the emulator. */
export function isLoopback(endpoint: string): boolean {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '');
}

function readConnectionString(text: string | undefined): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of (text ?? '').split(';')) {
    if (part.trim() === '') {
      continue;
    }
    const equals = part.indexOf('=');
    if (equals < 1) {
      throw unreadableConnection();
    }
    values.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return values;
}

function unreadableConnection(): ClicklakeError {
  return new ClicklakeError('config_invalid', 'AZURE_STORAGE_CONNECTION_STRING cannot be read', {
    hint: 'copy it completely from the storage account, under "Access keys" or "Shared access signature"',
  });
}

/** Plain HTTP is allowed only to this machine, because secrets and data are sent. */
function requireEncryption(endpoint: string): void {
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : undefined;
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(endpoint))) {
    return;
  }
  throw new ClicklakeError('config_invalid', 'the Blob endpoint does not begin with https://', {
    hint: 'use https in AZURE_STORAGE_BLOB_ENDPOINT and in the connection string; http is for 127.0.0.1 only',
  });
}
