/** The Java archives of Spark: fetched once from Maven by a pinned list, kept in the user's cache. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClicklakeError } from '../errors.ts';
import { ARCHIVE_LISTS, NEWEST_RELEASE, type SparkRelease } from './releases.ts';
import { runTool } from './run-tool.ts';

/**
 * The folder that holds them. The first call on a machine asks Maven for about 310 MB; `onFetch` is
 * called then. Two processes may call it at once: a folder appears whole or not at all. Throws
 * `server_unavailable` when there is no Maven, or when it fails.
 */
export async function prepareSparkJars(
  cacheFolder: string,
  onFetch: () => void,
  release: SparkRelease = NEWEST_RELEASE,
): Promise<string> {
  const source = fileURLToPath(
    new URL(`../../spark-server/${ARCHIVE_LISTS[release]}`, import.meta.url),
  );
  const pom = await readFile(source);
  const key = createHash('sha256').update(pom).digest('hex').slice(0, 12);
  const folder = join(cacheFolder, `spark-${key}`);
  if (await holdsFiles(folder)) {
    return folder;
  }
  await mkdir(cacheFolder, { recursive: true });
  const work = await mkdtemp(join(cacheFolder, 'fetching-'));
  try {
    // Maven works beside its list, which may lie in a folder that cannot be written.
    const list = join(work, 'pom.xml');
    await copyFile(source, list);
    onFetch();
    await fetchWithMaven(list, join(work, 'jars'));
    await rename(join(work, 'jars'), folder).catch(async (error: unknown) => {
      // Another process was quicker.
      if (!(await holdsFiles(folder))) {
        throw error;
      }
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

async function holdsFiles(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.length > 0;
}

async function fetchWithMaven(list: string, outputFolder: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime'];
  const result = await runTool('mvn', [
    '--batch-mode',
    '--quiet',
    '--file',
    list,
    ...goal,
    `-DoutputDirectory=${outputFolder}`,
  ]);
  if (result === undefined) {
    throw new ClicklakeError('server_unavailable', 'Maven, which fetches Spark, is not installed', {
      hint: 'install it, for example: apt-get install maven',
    });
  }
  if (result.exitCode !== 0) {
    const reason = /^\[ERROR\]\s+(.+)$/m.exec(result.output)?.[1] ?? 'no reason given';
    throw new ClicklakeError('server_unavailable', `Maven could not fetch Spark: ${reason}`, {
      hint: 'check the connection to the Maven repository, then try again: nothing is lost',
    });
  }
}
