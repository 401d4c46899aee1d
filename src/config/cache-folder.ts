import { join } from 'node:path';

/** Where this user's copies of files from elsewhere are kept: `clicklake` in the user's cache folder. */
export function userCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
  homeDir: string,
): string {
  return join(env.XDG_CACHE_HOME || join(homeDir, '.cache'), 'clicklake');
}
