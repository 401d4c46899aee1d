import { isAbsolute, join } from 'node:path';

/** The default cache folder: `clicklake` in the user's cache folder. */
export function userCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  homeDir: string,
): string {
  // The specification says to ignore a relative path: https://specifications.freedesktop.org/basedir-spec/
  const given = env.XDG_CACHE_HOME ?? '';
  return join(isAbsolute(given) ? given : join(homeDir, '.cache'), 'clicklake');
}
