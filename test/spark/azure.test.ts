/** Spark on a lake in Azure: the same rows as DuckDB, with credentials that it is given and does not show. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { explainingRefusals, passSettings } from '../../src/engines/spark/storage-access.ts';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { openAzureStorage } from '../../src/storage/azure/azure.ts';
import { hadoopSettings } from '../../src/storage/azure/hadoop-settings.ts';
import { type Finished, finish, startCommand } from '../acceptance/command.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import { hashesInOneRun, newContainer, openOn, runInTurns } from '../fixtures/spark-azure.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
/** A Spark that is new takes its time, and so does a machine that has other work. */
const LIMIT_MS = 1_200_000;

describe.skipIf(SPARK_URL === '')('Spark on a lake in Azure', () => {
  let azurite: Azurite;
  let folder: string;
  /** Where DuckDB and Spark have each taken one delivery. */
  let shared: Awaited<ReturnType<typeof runInTurns>>;

  beforeAll(async () => {
    azurite = await startAzurite();
    folder = await mkdtemp(join(tmpdir(), 'clicklake-spark-azure-'));
    shared = await runInTurns(['duckdb', 'spark'], azurite, SPARK_URL);
  }, LIMIT_MS);
  afterAll(async () => {
    await azurite.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const blobsOf = (address: string) =>
    BlobServiceClient.fromConnectionString(
      azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
    ).getContainerClient(parseAzureAddress(address).container);

  async function pathsBelow(address: string, prefix: string): Promise<string[]> {
    const paths: string[] = [];
    for await (const { name } of blobsOf(address).listBlobsFlat({
      prefix: `some/lake/${prefix}`,
    })) {
      paths.push(name);
    }
    return paths;
  }

  /** The command as a user gives it; nothing that it says may hold the key. */
  async function run(args: readonly string[], env: Record<string, string>): Promise<Finished> {
    const all = [...args, '--engine', 'spark', '--spark-url', SPARK_URL, '--verbose'];
    const started = startCommand(all, {
      cwd: folder,
      env: { ...env, XDG_CACHE_HOME: join(folder, 'cache') },
    });
    const finished = await finish(started);
    const output = finished.stdout + finished.stderr;
    expect(output).not.toContain(azurite.key);
    expect(output).not.toMatch(/sig=(?!REDACTED|X)/);
    return finished;
  }

  it('goes on where DuckDB stopped, to the rows of one run by DuckDB', async () => {
    expect(shared.hashes).toEqual(await hashesInOneRun(2));
  });

  it('leaves no staged results in the lake', async () => {
    expect(await pathsBelow(shared.address, '_work/')).toEqual([]);
  });

  it('writes no secret into the lake', async () => {
    const container = blobsOf(shared.address);
    const paths = await pathsBelow(shared.address, '');
    expect(paths.some((path) => path.endsWith('.parquet'))).toBe(true);
    for (const path of paths) {
      const bytes = await container.getBlobClient(path).downloadToBuffer();
      expect(bytes.includes(azurite.key), path).toBe(false);
    }
  });

  it('shows no secret in plans and settings', async () => {
    const connection = await connectSpark(parseConnectionString(SPARK_URL));
    await passSettings(connection, hadoopSettings(parseAzureAddress(shared.address), azurite.env));
    const shown: unknown[] = [];
    for (const statement of [
      'SET',
      'SET fs.azure.account.key.devstoreaccount1.dfs.core.windows.net',
      `EXPLAIN EXTENDED SELECT count(*) FROM delta.\`${shared.address}/silver/events\``,
      `DESCRIBE HISTORY delta.\`${shared.address}/silver/events\``,
      `DESCRIBE DETAIL delta.\`${shared.address}/silver/events\``,
    ]) {
      for await (const rows of (await connection.query(statement)).batches) {
        shown.push(...rows);
      }
    }
    await connection.close();
    const text = JSON.stringify(shown, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(text).toContain('fs.azure.account.key');
    expect(text).not.toContain(azurite.key);
  });

  it(
    'answers commands: query, status, verify',
    async () => {
      const on = ['--lake', shared.address];
      const counted = await run(
        ['query', 'SELECT count(*) AS n FROM silver_events', '--json', ...on],
        azurite.env,
      );
      expect(JSON.parse(counted.stdout)[0].n).toBeGreaterThan(700);
      const status = await run(['status', '--json', ...on], azurite.env);
      expect(JSON.parse(status.stdout)).toMatchObject({
        isGoldCurrent: true,
        pending: { files: 0 },
      });
      const verified = await run(['verify', ...on], azurite.env);
      expect(verified.stdout).toContain('no difference');
    },
    LIMIT_MS,
  );

  it('says in one sentence that it has no credentials, when it is given none', async () => {
    const address = await newContainer(azurite);
    const opened = await openOn('duckdb', azurite, address, SPARK_URL);
    await opened.receive('one.ndjson', '{}\n');
    await opened.lake.run({ fullRefresh: false });
    await opened.close();
    const env = { ...azurite.env, CLICKLAKE_SPARK_PASS_CREDENTIALS: 'false' };
    const args = ['query', 'SELECT count(*) FROM silver_quarantine', '--lake', address];
    const { stderr, exitCode } = await run(args, env);
    expect(stderr).toContain(`error: Spark has no credentials for ${address}\n`);
    expect(stderr).toMatch(/^hint: configure the cluster/m);
    expect(exitCode).toBe(5);
  });

  it('says in one sentence that a key is refused', async () => {
    const address = await newContainer(azurite);
    const connection = explainingRefusals(
      await connectSpark(parseConnectionString(SPARK_URL)),
      address,
      true,
    );
    const wrong = {
      AZURE_STORAGE_BLOB_ENDPOINT: azurite.endpoint,
      AZURE_STORAGE_ACCOUNT_KEY: Buffer.from('wrong').toString('base64'),
    };
    await passSettings(connection, hadoopSettings(parseAzureAddress(address), wrong));
    const writing = `INSERT OVERWRITE DIRECTORY '${address}/x' USING parquet SELECT 1 AS a`;
    await expect(connection.run(writing)).rejects.toMatchObject({
      code: 'permission_denied',
      message: `Spark is refused access to ${address}`,
      hint: expect.stringContaining('restart it'),
    });
    await connection.close();
  });

  it('leaves what a killed process staged until the retention is over', async () => {
    const address = await newContainer(azurite);
    const connection = await connectSpark(parseConnectionString(SPARK_URL));
    await passSettings(connection, hadoopSettings(parseAzureAddress(address), azurite.env));
    await connection.run(
      `INSERT OVERWRITE DIRECTORY '${address}/_work/spark~0/lines-1' USING parquet SELECT 1 AS a`,
    );
    await connection.close();
    const storage = await openAzureStorage(address, {
      env: azurite.env,
      cache: { folder: join(folder, 'cache'), maxBytes: 1e9 },
      maxTries: 3,
      retryDelayMs: 1,
      timeoutMs: 10_000,
    });
    expect(await storage.removeAbandonedWork()).toBe(0);
    expect(await storage.removeAbandonedWork({ untouchedMs: 3_600_000 })).toBe(0);
    expect((await pathsBelow(address, '_work/')).length).toBeGreaterThan(2);
    expect(await storage.removeAbandonedWork({ untouchedMs: -60_000 })).toBe(1);
    expect(await pathsBelow(address, '_work/')).toEqual([]);
    await storage.close();
  });
});
