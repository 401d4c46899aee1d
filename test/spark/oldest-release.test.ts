/** The oldest Spark that runs are taken to, with the Delta Lake of its time: the same tables as DuckDB's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userCacheFolder } from '../../src/config/cache-folder.ts';
import type { SparkCheckReport } from '../../src/lake/check-spark.ts';
import { type SparkServer, startSparkServer } from '../../src/spark-server/start-server.ts';
import { runInProcess } from '../acceptance/command.ts';

// Where the Spark of the tests cannot be started, this one cannot either.
describe.skipIf(!process.env.CLICKLAKE_TEST_SPARK_URL)('Spark 4.0', () => {
  let server: SparkServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-oldest-release-'));
    server = await startSparkServer({
      ...{ release: '4.0', port: 0, memory: '2g', cores: 2 },
      cacheFolder: userCacheFolder(process.env, homedir()),
      env: { ...process.env, JAVA_TOOL_OPTIONS: '-XX:TieredStopAtLevel=1' },
    });
  }, 1_200_000);
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('passes every check that needs no workspace', async () => {
    const args = ['databricks', 'check', '--json', '--spark-url', server.address];
    const { stdout, stderr, exitCode } = await runInProcess(args, { cwd: folder });
    const report: SparkCheckReport = JSON.parse(stdout);
    const notOk = report.findings.filter(({ outcome }) => outcome !== 'ok');
    expect(notOk.map(({ check, outcome }) => [check, outcome])).toEqual([
      ['Databricks Runtime', 'skipped'],
      ['Photon', 'skipped'],
      ['catalog', 'skipped'],
    ]);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const details = report.findings.map(({ detail }) => detail);
    expect(details).toContain('Apache-Spark/4.0.1 Delta-Lake/4.0.1');
  }, 3_600_000);
});
