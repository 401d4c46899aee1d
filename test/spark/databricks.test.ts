/**
 * `databricks://` against a real Spark, behind a gateway that insists on TLS and on the token and the
 * headers of Databricks Connect, and issues tokens to a service principal.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConnection } from '../../src/engines/spark/open-connection.ts';
import { type AzureCommands, startAzureCommands } from '../acceptance/azure-support.ts';
import { finish } from '../acceptance/command.ts';
import { CERTIFICATE } from '../fixtures/azurite.ts';
import {
  CLUSTER,
  type DatabricksGateway,
  PERSONAL_TOKEN,
  PRINCIPAL,
  startDatabricksGateway,
} from '../fixtures/databricks-gateway.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';

describe.skipIf(SPARK_URL === '')(
  'a Databricks workspace, as far as a gateway can play one',
  () => {
    let gateway: DatabricksGateway;
    let commands: AzureCommands;

    beforeAll(async () => {
      gateway = await startDatabricksGateway(SPARK_URL);
      commands = await startAzureCommands();
    });
    afterAll(async () => {
      await commands?.stop();
      gateway?.close();
    });

    const cluster = () => `${gateway.address}/;cluster_id=${CLUSTER}`;
    const open = (url: string, env: Record<string, string>) =>
      openConnection(url, env, { certificateAuthority: gateway.certificateAuthority });

    async function answerOf(url: string, env: Record<string, string>) {
      const spark = await open(url, env);
      const rows: unknown[][] = [];
      for await (const batch of (await spark.query('SELECT id FROM range(3)')).batches) {
        rows.push(...batch);
      }
      await spark.close();
      return { rows, sessionId: spark.sessionId };
    }

    test('is reached with a personal token on a cluster', async () => {
      const env = { DATABRICKS_TOKEN: PERSONAL_TOKEN, DATABRICKS_CLUSTER_ID: CLUSTER };
      expect((await answerOf(gateway.address, env)).rows).toEqual([[0n], [1n], [2n]]);
    });

    test('is reached on serverless, the session named in the header too', async () => {
      gateway.seen.length = 0;
      const url = `${gateway.address}/;serverless=true`;
      const { rows, sessionId } = await answerOf(url, { DATABRICKS_TOKEN: PERSONAL_TOKEN });
      expect(rows).toHaveLength(3);
      expect(new Set(gateway.seen.map((headers) => headers['x-databricks-session-id']))).toEqual(
        new Set([sessionId]),
      );
    });

    test('is reached by a service principal, whose token is renewed within a session', async () => {
      const url = cluster();
      gateway.issued.lifeSeconds = 3_600;
      await answerOf(url, PRINCIPAL);
      expect(gateway.issued.count).toBe(1);
      // Renewed in the middle of its life; the gateway refuses one that has ended.
      gateway.issued.lifeSeconds = 2;
      gateway.seen.length = 0;
      const spark = await open(url, PRINCIPAL);
      for (let turn = 0; turn < 3; turn += 1) {
        await spark.run('SELECT 1');
        await pause(1_100);
      }
      await spark.close();
      expect(gateway.issued.count).toBeGreaterThan(3);
      const used = new Set(gateway.seen.map(({ authorization }) => authorization));
      expect(used.size).toBe(gateway.issued.count - 1);
    });

    test('tells in one sentence that it refuses the token, and what to check', async () => {
      const refused = open(cluster(), { DATABRICKS_TOKEN: 'wrong' });
      await expect(refused).rejects.toMatchObject({
        code: 'access_refused',
        message: `127.0.0.1:${gateway.port} refused access: Invalid access token`,
        hint: expect.stringMatching(/^check DATABRICKS_TOKEN: whether it has ended/),
      });
    });

    test('tells what a failed exchange of credentials was, not that no Spark answers', async () => {
      const env = { ...PRINCIPAL, DATABRICKS_CLIENT_SECRET: 'other-hidden' };
      const refused = open(cluster(), env);
      await expect(refused).rejects.toMatchObject({
        code: 'access_refused',
        message: `127.0.0.1:${gateway.port} gave no token for the client credentials (invalid_client)`,
      });
    });

    async function command(args: string[], env: Record<string, string>) {
      const child = commands.start(args, {
        ...commands.env,
        NODE_EXTRA_CA_CERTS: CERTIFICATE,
        CLICKLAKE_ENGINE: 'spark',
        CLICKLAKE_SPARK_URL: cluster(),
        ...env,
      });
      const { stdout, stderr, exitCode } = await finish(child);
      expect(stdout + stderr).not.toContain('hidden');
      return { stdout, stderr: stderr.replaceAll(`${gateway.port}`, '<port>'), exitCode };
    }

    test('answers the real command on a lake in Azure, or says why not', async () => {
      const lake = await commands.azurite.newLake();
      await commands.succeed(['ingest', '-', '--lake', lake], '{"event_id":"1"}\n');
      const query = ['query', 'SELECT 1 AS one', '--json', '--lake', lake];
      const answered = await command(query, { DATABRICKS_TOKEN: PERSONAL_TOKEN });
      expect(answered).toEqual({ stdout: '[{"one":1}]\n', stderr: '', exitCode: 0 });

      expect(
        await command(query.slice(0, 2).concat('--lake', lake), { DATABRICKS_TOKEN: 'no' }),
      ).toMatchInlineSnapshot(`
        {
          "exitCode": 5,
          "stderr": "error: 127.0.0.1:<port> refused access: Invalid access token
        hint: check DATABRICKS_TOKEN: whether it has ended and is of this workspace; and that its owner may attach to the compute
        ",
          "stdout": "",
        }
      `);
      expect(await command(['run', '--lake', lake], {})).toMatchInlineSnapshot(`
        {
          "exitCode": 2,
          "stderr": "error: there are no credentials for 127.0.0.1
        hint: set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET
        ",
          "stdout": "",
        }
      `);
      const noCompute = { CLICKLAKE_SPARK_URL: gateway.address, DATABRICKS_TOKEN: PERSONAL_TOKEN };
      expect(await command(['run', '--lake', lake], noCompute)).toMatchInlineSnapshot(`
        {
          "exitCode": 2,
          "stderr": "error: the address of the Databricks workspace: neither a cluster nor serverless is named
        hint: write databricks://host/;cluster_id=… or ;serverless=true, or set DATABRICKS_CLUSTER_ID
        ",
          "stdout": "",
        }
      `);
    });

    test("does not take a lake on this machine's disk", async () => {
      const refused = await command(['run'], { DATABRICKS_TOKEN: PERSONAL_TOKEN });
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toMatch(/^error: Databricks cannot reach the lake .*\/lake on this/);
      expect(refused.stderr).toContain('hint: use a lake in Azure: --lake abfss://');
    });
  },
);
