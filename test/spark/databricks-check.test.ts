/** `databricks check` on a real Spark, behind a gateway that plays a workspace. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import type { SparkCheckReport } from '../../src/lake/check-spark.ts';
import { finish, startCommand } from '../acceptance/command.ts';
import { type Azurite, CERTIFICATE } from '../fixtures/azurite.ts';
import { CLUSTER, PRINCIPAL } from '../fixtures/databricks-gateway.ts';
import { useWorkspace } from '../fixtures/databricks-workspace.ts';
import { newContainer } from '../fixtures/spark-azure.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
const LIMIT_MS = 3_600_000;

describe.skipIf(SPARK_URL === '')('databricks check', () => {
  const workspace = useWorkspace(SPARK_URL);

  it(
    'finds nothing wrong with a lake in Azure and a schema, and removes what it wrote',
    async () => {
      const schema = `check_${randomUUID().slice(0, 8)}`;
      const lake = await newContainer(workspace.azurite);
      const spark = await connectSpark(parseConnectionString(SPARK_URL));
      await spark.run(`CREATE SCHEMA ${schema}`);
      const child = startCommand(['databricks', 'check', '--json', '--lake', lake], {
        cwd: workspace.folder,
        env: {
          ...workspace.azurite.env,
          ...PRINCIPAL,
          XDG_CACHE_HOME: join(workspace.folder, 'cache'),
          NODE_EXTRA_CA_CERTS: CERTIFICATE,
          CLICKLAKE_SPARK_URL: workspace.gateway.address,
          DATABRICKS_CLUSTER_ID: CLUSTER,
          CLICKLAKE_SPARK_SCHEMA: schema,
          // Databricks has Unity Catalog for it.
          CLICKLAKE_SPARK_PASS_CREDENTIALS: 'true',
        },
      });
      const { stdout, stderr, exitCode } = await finish(child);
      const report: SparkCheckReport = JSON.parse(stdout);
      const failures = report.findings.filter(({ outcome }) => outcome === 'failed');
      expect({ failures, stderr, exitCode }).toEqual({ failures: [], stderr: '', exitCode: 0 });
      expect(stdout).not.toContain('hidden');

      // The Spark of the tests is none of Databricks, and that is all there is to skip.
      const ofOutcome = (wanted: string) =>
        report.findings.filter(({ outcome }) => outcome === wanted).map(({ check }) => check);
      expect(ofOutcome('skipped')).toEqual(['Databricks Runtime', 'Photon']);
      expect(ofOutcome('ok')).toEqual(
        expect.arrayContaining(['catalog', 'repeated write', 'gold_sessions', 'scratch folder']),
      );
      const compared = report.findings.filter(({ check }) => /^(silver|gold)_/.test(check));
      expect(compared.filter(({ detail }) => detail.includes(': 0 rows'))).toEqual([]);

      await spark.run(`DROP SCHEMA ${schema}`);
      await spark.close();
      expect(await filesLeft(workspace.azurite, lake)).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** Names of all blobs but the empty ones, by which Spark marks folders. */
async function filesLeft({ env }: Azurite, lake: string): Promise<string[]> {
  const account = BlobServiceClient.fromConnectionString(env.AZURE_STORAGE_CONNECTION_STRING ?? '');
  const container = account.getContainerClient(/\/\/([^@]+)@/.exec(lake)?.[1] ?? '');
  const names: string[] = [];
  for await (const { name, properties } of container.listBlobsFlat()) {
    if (properties.contentLength !== 0) {
      names.push(name);
    }
  }
  return names;
}
