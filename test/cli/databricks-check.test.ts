/** `databricks check` where no Spark can be reached. On a real one: test/spark/databricks-check.test.ts. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SparkCheckReport } from '../../src/lake/check-spark.ts';
import { runCommand } from './support.ts';

/** Nobody listens there. */
const NO_SPARK = 'sc://127.0.0.1:1/;x-team=hidden';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clicklake-check-'));
});
afterEach(() => rm(cwd, { recursive: true }));

describe('databricks check', () => {
  it('needs the address of a Spark', async () => {
    const { stdout, stderr, exitCode } = await runCommand(['databricks', 'check'], { cwd });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toMatch(/^error: engine spark needs a Spark Connect URL\n/);
    expect(await readdir(cwd)).toEqual([]);
  });

  it('says what failed, what was skipped for that, and leaves nothing behind', async () => {
    const args = ['databricks', 'check', '--spark-url', NO_SPARK];
    const { stdout, stderr, exitCode } = await runCommand(args, { cwd });
    expect(exitCode).toBe(4);
    expect(stderr).toBe(
      'error: connection: no Spark Connect server answers at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n' +
        'hint: check the address and that the server runs\n',
    );
    const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
    expect(lines).toContain('lake, from Spark | skipped | needs: settings of a write');
    expect(lines).toContain('run on Spark | skipped | needs: SQL that the models need');
    expect(lines).toContain(
      'lake, from this machine | ok | written, read, not overwritten by a second commit, and deleted',
    );
    expect(lines).toContain(' | connection: check the address and that the server runs');
    expect(stdout).not.toContain('hidden');
    expect(await readdir(join(cwd, 'lake', '_work'))).toEqual([]);
  });

  it('reports in JSON, with exit code 4 too', async () => {
    const args = ['databricks', 'check', '--spark-url', NO_SPARK, '--json'];
    const { stdout, exitCode } = await runCommand(args, { cwd });
    const report: SparkCheckReport = JSON.parse(stdout);
    expect(exitCode).toBe(4);
    expect(report).toMatchObject({
      server: 'sc://127.0.0.1:1',
      lake: join(cwd, 'lake'),
      failedCount: 1,
    });
    expect(report.findings[0]).toMatchObject({ check: 'connection', outcome: 'failed' });
  });

  it("says that Databricks cannot reach a lake on this machine's disk", async () => {
    const url = 'databricks://adb-1.2.azuredatabricks.net/;cluster_id=1-2-a';
    const args = ['databricks', 'check', '--spark-url', url];
    const { stdout, stderr, exitCode } = await runCommand(args, { cwd });
    expect(exitCode).toBe(4);
    expect(stderr).toContain('Databricks cannot reach the lake');
    expect(stdout).toContain('databricks://adb-1.2.azuredatabricks.net; ');
  });
});
