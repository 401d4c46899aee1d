/** Scenarios i and p: runs on a Spark of their own. */
import { homedir } from 'node:os';
import { userCacheFolder } from '../src/config/cache-folder.ts';
import { type SparkServer, startSparkServer } from '../src/spark-server/start-server.ts';
import { clicklake, type Measured } from './measure.ts';

/** As much as the PySpark job has. */
const MEMORY = '6g';

export function startSpark(cores: number): Promise<SparkServer> {
  return startSparkServer({
    port: 0,
    memory: MEMORY,
    cores,
    cacheFolder: userCacheFolder(process.env, homedir()),
    env: process.env,
  });
}

export function runOnServer(server: SparkServer, lake: string): Promise<Measured> {
  return clicklake(['run', '--engine', 'spark', '--spark-url', server.address, '--lake', lake]);
}

/**
 * `run` on a Spark of its own with so many cores, which has run once over `small` before: code that Java
 * has not compiled yet says nothing of a cluster. The process measured is Clicklake's, not Spark's.
 */
export async function runOnSpark(
  cores: number,
  small: string,
  large: string,
): Promise<{ small: Measured; large: Measured }> {
  const server = await startSpark(cores);
  try {
    return { small: await runOnServer(server, small), large: await runOnServer(server, large) };
  } finally {
    await server.stop();
  }
}
