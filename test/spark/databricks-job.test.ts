/** The whole way through `databricks://`: a lake in Azure, tokens of seconds, tables in a catalog. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { finish, startCommand } from '../acceptance/command.ts';
import { CERTIFICATE } from '../fixtures/azurite.ts';
import { CLUSTER, PRINCIPAL } from '../fixtures/databricks-gateway.ts';
import { useWorkspace } from '../fixtures/databricks-workspace.ts';
import { delivery, newContainer } from '../fixtures/spark-azure.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
const LIMIT_MS = 1_800_000;

describe.skipIf(SPARK_URL === '')('a job on Databricks, as far as a gateway can play one', () => {
  const schema = `shop_${randomUUID().slice(0, 8)}`;
  const workspace = useWorkspace(SPARK_URL);

  async function command(args: string[], env: Record<string, string> = {}): Promise<string> {
    const { stdout, stderr, exitCode } = await finish(
      startCommand(args, {
        cwd: workspace.folder,
        env: { ...workspace.azurite.env, XDG_CACHE_HOME: join(workspace.folder, 'cache'), ...env },
      }),
    );
    expect(stdout + stderr).not.toContain('hidden');
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    return stdout;
  }

  it(
    'runs the pipeline with a service principal, and names the tables',
    async () => {
      const lake = await newContainer(workspace.azurite);
      const spark = await connectSpark(parseConnectionString(SPARK_URL));
      await spark.run(`CREATE SCHEMA ${schema}`);
      const databricks = {
        ...PRINCIPAL,
        NODE_EXTRA_CA_CERTS: CERTIFICATE,
        CLICKLAKE_ENGINE: 'spark',
        CLICKLAKE_SPARK_URL: workspace.gateway.address,
        DATABRICKS_CLUSTER_ID: CLUSTER,
        CLICKLAKE_SPARK_SCHEMA: schema,
        // Databricks has Unity Catalog for it.
        CLICKLAKE_SPARK_PASS_CREDENTIALS: 'true',
      };
      workspace.gateway.issued.lifeSeconds = 8;
      const { name, text } = delivery(0);
      await writeFile(join(workspace.folder, name), text);
      await command(['ingest', name, '--lake', lake]);
      const run = ['run', '--json', '--lake', lake];
      const report = JSON.parse(await command(run, databricks));
      expect(report.registered).toHaveLength(17);
      expect(report.lines).toBe(text.trimEnd().split('\n').length);
      expect(workspace.gateway.issued.count).toBeGreaterThan(1);

      const hashOf = async (on: string) =>
        JSON.parse(await command(['verify', '--hash', '--json', '--lake', on])).tables.map(
          ({ table, sha256 }: { table: string; sha256: string }) => [table, sha256],
        );
      await command(['verify', '--lake', lake]);
      const again = JSON.parse(await command(run, databricks));
      expect(again).toMatchObject({ lines: 0, tablesWritten: [] });
      const sql = `SELECT count(*) AS n FROM ${schema}.silver_events`;
      const query = ['query', sql, '--json', '--lake', lake];
      expect(JSON.parse(await command(query, databricks))).toEqual([{ n: report.valid }]);

      // DuckDB makes the same of the same file.
      const full = ['run', '--full-refresh', '--lake', lake];
      const before = await hashOf(lake);
      await command(full);
      expect(await hashOf(lake)).toEqual(before);
      await spark.run(`DROP SCHEMA ${schema} CASCADE`);
      await spark.close();
    },
    LIMIT_MS,
  );
});
