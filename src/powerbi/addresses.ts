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
 * `https://account.dfs.core.windows.net/container/path` of an address of Azure storage, in that form
 * or as `abfss://container@account.dfs.core.windows.net/path`; undefined when it is neither.
 */
export function adlsAddress(address: string): string | undefined {
  const trimmed = address.replace(/\/+$/, '');
  const [, container, host, path] = /^abfss?:\/\/([^@/]+)@([^/]+)(\/.*)?$/i.exec(trimmed) ?? [];
  const url = container === undefined ? trimmed : `https://${host}/${container}${path ?? ''}`;
  return /^https:\/\/[^/?#\s]+\/[^/?#\s]+(?:\/[^?#]*)?$/i.test(url) ? url : undefined;
}
