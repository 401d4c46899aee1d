/** A real Spark behind a TLS gateway that insists on a token and a header, as hosted Sparks stand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connectSpark,
  parseConnectionString,
  type SparkConnectionOptions,
} from '../../src/engines/spark/connect/index.ts';
import { NO_RETRY } from '../fixtures/no-retry.ts';
import {
  PERMISSION_DENIED,
  type SparkGateway,
  startSparkGateway,
  UNAUTHENTICATED,
} from '../fixtures/spark-gateway.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
const TOKEN = 'dapi-secret-1';
const CLUSTER = '1123-100000-abcd';

describe.skipIf(SPARK_URL === '')('a Spark behind a TLS gateway', () => {
  let gateway: SparkGateway;
  let certificateAuthority: string;
  let port: number;

  beforeAll(async () => {
    gateway = await startSparkGateway(SPARK_URL, {
      judge(headers) {
        if (headers.authorization !== `Bearer ${TOKEN}`) {
          return { status: UNAUTHENTICATED, message: 'invalid token' };
        }
        if (headers['x-databricks-cluster-id'] === CLUSTER) {
          return undefined;
        }
        return { status: PERMISSION_DENIED, message: 'no cluster' };
      },
    });
    ({ certificateAuthority, port } = gateway);
  });
  afterAll(() => gateway?.close());

  const open = (parameters: string, options: SparkConnectionOptions = {}) =>
    connectSpark(parseConnectionString(`sc://127.0.0.1:${port}/;${parameters}`), {
      certificateAuthority,
      retry: NO_RETRY,
      ...options,
    });

  async function failure(opening: ReturnType<typeof open>) {
    const error = await opening.then(
      () => undefined,
      (reason: unknown) => reason as Error & { code: string },
    );
    expect(JSON.stringify([error?.message, error?.stack, String(error?.cause)])).not.toContain(
      'secret',
    );
    return { code: error?.code, message: error?.message };
  }

  test('is reached with the right token and header, the token asked for before every call', async () => {
    let askedCount = 0;
    const spark = await open(`use_ssl=true;x-databricks-cluster-id=${CLUSTER}`, {
      getToken: async () => {
        askedCount += 1;
        return TOKEN;
      },
    });
    const rows: unknown[][] = [];
    for await (const batch of (await spark.query('SELECT id FROM range(3)')).batches) {
      rows.push(...batch);
    }
    expect(rows).toEqual([[0n], [1n], [2n]]);
    expect(askedCount).toBeGreaterThan(2);
    await expect(spark.query('SELECT * FROM no_such_table')).rejects.toMatchObject({
      errorClass: 'TABLE_OR_VIEW_NOT_FOUND',
    });
    await spark.close();
  });

  test('refuses a wrong token, none, or no header, in one sentence', async () => {
    expect(await failure(open('token=secret-2'))).toEqual({
      code: 'access_refused',
      message: `127.0.0.1:${port} refused access: invalid token`,
    });
    expect(await failure(open('use_ssl=true'))).toEqual({
      code: 'access_refused',
      message: `127.0.0.1:${port} refused access: invalid token`,
    });
    expect(await failure(open(`token=${TOKEN}`))).toEqual({
      code: 'access_refused',
      message: `127.0.0.1:${port} refused access: no cluster`,
    });
  });

  test('is not spoken to when its certificate is unknown', async () => {
    const target = parseConnectionString(`sc://127.0.0.1:${port}/;token=${TOKEN}`);
    expect(await failure(connectSpark(target, { retry: NO_RETRY }))).toMatchObject({
      code: 'server_unavailable',
      message: expect.stringMatching(/certificate/),
    });
  });

  test('is not reached in plain text', async () => {
    const target = parseConnectionString(`sc://127.0.0.1:${port}`);
    expect(await failure(connectSpark(target, { retry: NO_RETRY }))).toMatchObject({
      code: 'server_unavailable',
    });
  });
});
