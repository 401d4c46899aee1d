import { ClicklakeError } from '../../errors.ts';

/** Where a lake lies in Azure Data Lake Storage Gen2. */
export interface AzureAddress {
  account: string;
  container: string;
  /** The lake's folder in the container, without slashes around it; empty: the container's root. */
  folder: string;
  /** The Blob endpoint of the account, which serves the same files as the DFS endpoint. */
  blobEndpoint: string;
  /** As a user writes it, without a slash at the end. */
  url: string;
}

const EXAMPLE = 'write it as abfss://container@account.dfs.core.windows.net/path';

export function isAzureAddress(lake: string): boolean {
  return /^abfss?:/i.test(lake);
}

/** Reads `abfss://container@account.dfs.core.windows.net/path`, also of the sovereign clouds. */
export function parseAzureAddress(lake: string): AzureAddress {
  const parts = /^(abfss?):\/\/([^@/?#]+)@([^/?#:]+)(?:\/([^?#]*))?$/i.exec(lake);
  const [, scheme = '', container = '', host = '', path = ''] = parts ?? [];
  const [account = '', service, ...domain] = host.toLowerCase().split('.');
  if (parts === null || (service !== 'dfs' && service !== 'blob') || domain.length === 0) {
    // What follows a question mark may be a signature: it is not repeated.
    throw wrongAddress(`not a storage address: ${lake.replace(/[?#].*$/s, '?…')}`);
  }
  if (scheme.toLowerCase() === 'abfs') {
    throw new ClicklakeError('config_invalid', 'abfs:// would send the lake over plain HTTP', {
      hint: 'write abfss:// instead',
    });
  }
  if (!/^(?=.{3,63}$)(?:\$root|[a-z0-9]+(?:-[a-z0-9]+)*)$/.test(container)) {
    throw wrongAddress(`not the name of a container: ${container}`);
  }
  const folder = path.replace(/^\/+|\/+$/g, '');
  if (folder.split('/').some((part) => part === '.' || part === '..')) {
    throw wrongAddress(`the path of a lake has no . or .. in it: ${lake}`);
  }
  // Spark would take two slashes for one, and the service's client a backslash for a slash.
  if (/\/\/|\\/.test(folder)) {
    throw wrongAddress(`the path of a lake has no // and no \\ in it: ${lake}`);
  }
  const blobEndpoint = `https://${[account, 'blob', ...domain].join('.')}`;
  const base = `abfss://${container}@${[account, 'dfs', ...domain].join('.')}`;
  const url = folder === '' ? base : `${base}/${folder}`;
  return { account, container, folder, blobEndpoint, url };
}

function wrongAddress(message: string): ClicklakeError {
  return new ClicklakeError('config_invalid', message, { hint: EXAMPLE });
}
