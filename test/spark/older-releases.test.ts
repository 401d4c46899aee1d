/** Spark before the release of the other tests, down to the oldest that is accepted: the same tables as DuckDB's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userCacheFolder } from '../../src/config/cache-folder.ts';
import type { SparkCheckReport } from '../../src/lake/check-spark.ts';
import { type SparkServer, startSparkServer } from '../../src/spark-server/start-server.ts';
import { runInProcess } from '../acceptance/command.ts';

const RELEASES = [
  ['4.1', 'Apache-Spark/4.1.2 Delta-Lake/4.4.0'],
  ['4.0', 'Apache-Spark/4.0.1 Delta-Lake/4.0.1'],
] as const;

// Where the Spark of the tests cannot be started, these cannot either.
const canStart = Boolean(process.env.CLICKLAKE_TEST_SPARK_URL);

describe.skipIf(!canStart).each(RELEASES)('Spark %s', (release, writer) => {
  let server: SparkServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-older-release-'));
    server = await startSparkServer({
      ...{ release, port: 0, memory: '2g', cores: 2 },
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
    expect(details).toContain(writer);
  }, 3_600_000);
});
