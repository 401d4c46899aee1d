/** Scenario i: the same run on Spark with one core and with two. */
import { homedir } from 'node:os';
import { userCacheFolder } from '../src/config/cache-folder.ts';
import { startSparkServer } from '../src/spark-server/start-server.ts';
import { clicklake, type Measured } from './measure.ts';

const MEMORY = '4g';

/**
 * `run` on a Spark of its own with so many cores, which has run once over `small` before: code that Java
 * has not compiled yet says nothing of a cluster. The process measured is Clicklake's, not Spark's.
 */
export async function runOnSpark(
  cores: number,
  small: string,
  large: string,
): Promise<{ small: Measured; large: Measured }> {
  const server = await startSparkServer({
    port: 0,
    memory: MEMORY,
    cores,
    cacheFolder: userCacheFolder(process.env, homedir()),
    env: process.env,
  });
  const run = (lake: string) =>
    clicklake(['run', '--engine', 'spark', '--spark-url', server.address, '--lake', lake]);
  try {
    return { small: await run(small), large: await run(large) };
  } finally {
    await server.stop();
  }
}
