/** Where Gold lies, in the words of Power BI: Windows paths and web addresses. */

/**
 * A folder of this machine as Power BI Desktop, a Windows program, names it. Inside the Windows
 * Subsystem for Linux (`wslDistribution`) drives are mounted under /mnt, and Windows sees the rest
 * under \\wsl.localhost. Elsewhere a POSIX path stays as it is.
 */
export function windowsAddress(path: string, wslDistribution: string | undefined): string {
  if (/^[A-Za-z]:[\\/]|^\\\\/.test(path)) {
    return path.replaceAll('/', '\\');
  }
  if (wslDistribution === undefined || wslDistribution === '') {
    return path;
  }
  const [, drive, rest] = /^\/mnt\/([a-z])(\/.*)?$/.exec(path) ?? [];
  const onWindows =
    drive === undefined
      ? `\\\\wsl.localhost\\${wslDistribution}${path}`
      : `${drive.toUpperCase()}:${rest ?? '/'}`;
  return onWindows.replaceAll('/', '\\');
}

/**
 * `https://account.dfs.core.windows.net/container/path/gold` of the folder gold or of the lake above it,
 * given as that, as `abfss://container@account.dfs.core.windows.net/path`, or with the host of the account's
 * Blob endpoint, which Power BI's connector does not take. Undefined when it is not in Azure storage, or has a
 * folder `.` or `..`.
 */
export function adlsGoldAddress(address: string): string | undefined {
  const [, container, abfsHost, abfsPath] =
    /^abfss?:\/\/([^@/]+)@([^/]+)(\/.*)?$/i.exec(address) ?? [];
  const url =
    container === undefined ? address : `https://${abfsHost}/${container}${abfsPath ?? ''}`;
  const [, host, root, path] =
    /^https:\/\/([^/?#\s]+)\/([^/?#\s]+)((?:\/[^?#]*)?)$/i.exec(url) ?? [];
  const [account, service, ...domain] = (host ?? '').toLowerCase().split('.');
  if ((service !== 'dfs' && service !== 'blob') || domain.length === 0) {
    return undefined;
  }
  const folders = (path ?? '').split('/').filter((folder) => folder !== '');
  if ([root, ...folders].some((folder) => /^(?:\.|%2e){1,2}$/i.test(folder ?? ''))) {
    return undefined;
  }
  if (folders.at(-1) !== 'gold') {
    folders.push('gold');
  }
  return `https://${[account, 'dfs', ...domain].join('.')}/${[root, ...folders].join('/')}`;
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * `https://onelake.dfs.fabric.microsoft.com/workspace/lakehouse.Lakehouse`, or with ids in place of both names.
 * Undefined when one is an id and the other a name, which OneLake does not take, or when a name is a path.
 */
export function oneLakeAddress(workspace: string, lakehouse: string): string | undefined {
  const isById = ID.test(workspace);
  if (isById !== ID.test(lakehouse) || /[/\\?#]/.test(workspace + lakehouse)) {
    return undefined;
  }
  const item = isById || /\.Lakehouse$/i.test(lakehouse) ? lakehouse : `${lakehouse}.Lakehouse`;
  return `https://onelake.dfs.fabric.microsoft.com/${encodeURIComponent(workspace)}/${encodeURIComponent(item)}`;
}
