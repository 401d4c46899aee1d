import { ClicklakeError } from '../../errors.ts';

/** The location of a lake in Azure Data Lake Storage Gen2. */
export interface AzureAddress {
  account: string;
  container: string;
  /**
   * The lake's folder in the container, without slashes at the ends; empty: the container's root.
   */
  folder: string;
  /** The Blob endpoint of the account. It serves the same files as the DFS endpoint. */
  blobEndpoint: string;
  /** The address as a user writes it, without a trailing slash. */
  url: string;
}

const EXAMPLE = 'write it as abfss://container@account.dfs.core.windows.net/path';

export function isAzureAddress(lake: string): boolean {
  return /^abfss?:/i.test(lake);
}

/** Parses `abfss://container@account.dfs.core.windows.net/path`, including sovereign clouds. */
export function parseAzureAddress(lake: string): AzureAddress {
  const parts = /^(abfss?):\/\/([^@/?#]+)@([^/?#:]+)(?:\/([^?#]*))?$/i.exec(lake);
  const [, scheme = '', container = '', host = '', path = ''] = parts ?? [];
  const [account = '', service, ...domain] = host.toLowerCase().split('.');
  if (parts === null || (service !== 'dfs' && service !== 'blob') || domain.length === 0) {
    // The part after a question mark may be a signature, so it is not printed.
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
  // Spark would read two slashes as one, and the service's client a backslash as a slash.
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
