import { isAbsolute, join } from 'node:path';

/** Where this user's copies of files from elsewhere are kept: `clicklake` in the user's cache folder. */
export function userCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  homeDir: string,
): string {
  // A relative one is to be ignored: https://specifications.freedesktop.org/basedir-spec/
  const given = env.XDG_CACHE_HOME ?? '';
  return join(isAbsolute(given) ? given : join(homeDir, '.cache'), 'clicklake');
}
