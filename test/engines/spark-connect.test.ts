import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { Int32, makeVector, Table, tableToIPC } from 'apache-arrow';
import { afterEach, describe, expect, test } from 'vitest';
import { ErrorInfoSchema } from '../../src/engines/spark/connect/generated/error_details_pb.ts';
import {
  type ExecutePlanResponseSchema,
  SparkConnectService,
} from '../../src/engines/spark/connect/generated/spark_connect_pb.ts';
import {
  connectSpark,
  parseConnectionString,
  type SparkConnection,
} from '../../src/engines/spark/connect/index.ts';
import type { RetryPolicy } from '../../src/engines/spark/connect/retry.ts';

type Fake = Partial<ServiceImpl<typeof SparkConnectService>>;

const SERVER_SESSION = { serverSideSessionId: 'server-1' };
const COMPLETE = { responseType: { case: 'resultComplete', value: {} } } as const;
const RELATION = {
  responseType: {
    case: 'sqlCommandResult',
    value: { relation: { relType: { case: 'sql', value: { query: 'SELECT 1' } } } },
  },
} as const;
const NO_PAUSE = {
  maxAttempts: 4,
  firstPauseMs: 1,
  maxPauseMs: 1,
  random: () => 0,
  sleep: async () => {},
};

const open: { server?: Http2Server; connection?: SparkConnection } = {};

afterEach(async () => {
  await open.connection?.close();
  open.server?.close();
});

async function connectTo(fake: Fake, retry: RetryPolicy = NO_PAUSE): Promise<SparkConnection> {
  const routes = (router: ConnectRouter) => {
    router.service(SparkConnectService, {
      analyzePlan: async () => ({
        ...SERVER_SESSION,
        result: { case: 'sparkVersion', value: { version: '4.2.0' } },
      }),
      releaseExecute: async () => SERVER_SESSION,
      releaseSession: async () => SERVER_SESSION,
      ...fake,
    });
  };
  const server = createServer(connectNodeAdapter({ routes }));
  open.server = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const target = parseConnectionString(`sc://127.0.0.1:${port}/;x-team=shop`);
  open.connection = await connectSpark(target, { retry });
  return open.connection;
}

function sparkError(code: Code, message: string, metadata: Record<string, string>): ConnectError {
  return new ConnectError(message, code, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { metadata }) },
  ]);
}

function arrowBatch(numbers: number[]) {
  const table = new Table({ n: makeVector({ type: new Int32(), data: Int32Array.from(numbers) }) });
  const value = { rowCount: BigInt(numbers.length), data: tableToIPC(table, 'stream') };
  return { responseType: { case: 'arrowBatch', value } } as const;
}

const SCHEMA: MessageInitShape<typeof ExecutePlanResponseSchema> = {
  schema: {
    kind: {
      case: 'struct',
      value: { fields: [{ name: 'n', dataType: { kind: { case: 'integer', value: {} } } }] },
    },
  },
};

describe('a connection string', () => {
  test('gives host, default port, decoded parameters and headers', () => {
    expect(
      parseConnectionString('sc://h/;token=a%3Bb;user_id=u;grpc_max_message_size=9;x-team=s'),
    ).toEqual({
      host: 'h',
      port: 15002,
      useTls: true,
      token: 'a;b',
      userId: 'u',
      headers: { 'x-team': 's' },
    });
  });

  test.each([
    'http://h',
    'sc://',
    'sc://h:0',
    'sc://h:70000',
    'sc://h/path',
    'sc://h/;token',
    'sc://h/;use_ssl=yes',
    'sc://h/;session_id=7',
    'sc://h/;x-a=1;x-a=2',
    'sc://h/;x-a=%zz',
    'sc://h/;authorization=x',
  ])('is refused when it is wrong: %s', (text) => {
    expect(() => parseConnectionString(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('with a token and without TLS is refused, and the token is not repeated', () => {
    expect(() => parseConnectionString('sc://h/;token=hidden;use_ssl=false')).toThrow(
      /never sent without TLS(?!.*hidden)/,
    );
  });

  test.each(['sc://h/;token=a;hidden', 'sc://h/;token=a;hidden='])(
    'is refused without repeating what may be the rest of a token: %s',
    (text) => {
      expect(() => parseConnectionString(text)).toThrow(/parameter 2 is not(?!.*hidden)/);
    },
  );

  test.each(['token=hidden%0Ahidden', 'token=hidden%E2%80%A6', 'use_ssl=true;x-key=hidden%00'])(
    'with a value that HTTP does not carry is refused, and the value is not repeated: %s',
    async (parameters) => {
      const target = parseConnectionString(`sc://127.0.0.1:1/;${parameters}`);
      const error = await connectSpark(target, { retry: NO_PAUSE }).catch((each: unknown) => each);
      expect(error).toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/cannot be sent to Spark$/),
      });
      expect(String(error)).not.toContain('hidden');
    },
  );

  test('without TLS takes no token from a function either', async () => {
    await expect(
      connectSpark(parseConnectionString('sc://127.0.0.1:1'), { getToken: async () => 't' }),
    ).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a connection', () => {
  test('says that no server is there', async () => {
    const target = parseConnectionString('sc://127.0.0.1:1');
    await expect(connectSpark(target, { retry: NO_PAUSE })).rejects.toMatchObject({
      code: 'server_unavailable',
    });
  });

  test('says so too when the server was there once, and its streams only break off now', async () => {
    const breakOff = async function* () {
      yield* [];
      throw new ConnectError('http/2 stream closed with error code CANCEL (0x8)', Code.Canceled);
    };
    const connection = await connectTo({ executePlan: breakOff, reattachExecute: breakOff });
    await expect(connection.run('SELECT 1')).rejects.toMatchObject({ code: 'server_unavailable' });
  });

  test('says that access is refused, without trying again', async () => {
    let calls = 0;
    const analyzePlan = async () => {
      calls += 1;
      throw new ConnectError('bad token', Code.Unauthenticated);
    };
    await expect(connectTo({ analyzePlan })).rejects.toMatchObject({ code: 'access_refused' });
    expect(calls).toBe(1);
  });

  test('sends its headers and tries a lost configuration call again', async () => {
    const teams: (string | null)[] = [];
    const connection = await connectTo({
      config: async (request, { requestHeader }) => {
        teams.push(requestHeader.get('x-team'));
        expect(request.clientObservedServerSideSessionId).toBe('server-1');
        if (teams.length < 3) {
          throw new ConnectError('away', Code.Unavailable);
        }
        return { ...SERVER_SESSION, pairs: [{ key: 'a', value: '1' }, { key: 'b' }] };
      },
    });
    expect(await connection.getConfig(['a', 'b'])).toEqual({ a: '1' });
    expect(teams).toEqual(['shop', 'shop', 'shop']);
  });
});

describe('an operation', () => {
  test('is taken up behind the last response after broken and ended streams', async () => {
    const asked: (string | undefined)[] = [];
    const released: string[] = [];
    let executions = 0;
    const connection = await connectTo({
      executePlan: async function* ({ plan }) {
        if (plan?.opType.case === 'command') {
          yield { ...SERVER_SESSION, responseId: 'c1', ...RELATION };
          yield { ...SERVER_SESSION, responseId: 'c2', ...COMPLETE };
          return;
        }
        executions += 1;
        yield { ...SERVER_SESSION, responseId: 'r1', ...SCHEMA };
        yield { ...SERVER_SESSION, responseId: 'r2', ...arrowBatch([1, 2]) };
        throw new ConnectError('connection lost', Code.Unavailable);
      },
      reattachExecute: async function* ({ lastResponseId }) {
        asked.push(lastResponseId);
        if (asked.length === 1) {
          return;
        }
        yield { ...SERVER_SESSION, responseId: 'r3', ...arrowBatch([3]) };
        yield { ...SERVER_SESSION, responseId: 'r4', ...COMPLETE };
      },
      releaseExecute: async ({ release }) => {
        released.push(release.case ?? '');
        return SERVER_SESSION;
      },
    });
    const { columns, batches } = await connection.query('SELECT n');
    const rows = [];
    for await (const batch of batches) {
      rows.push(...batch);
    }
    expect(columns).toEqual([{ name: 'n', type: 'int', nullable: false }]);
    expect(rows).toEqual([[1], [2], [3]]);
    expect(asked).toEqual(['r2', 'r2']);
    expect(executions).toBe(1);
    expect(released).toEqual(['releaseAll', 'releaseUntil', 'releaseUntil', 'releaseAll']);
  });

  test('is given up when one stream after the other ends before it says anything', async () => {
    let streams = 0;
    const connection = await connectTo({
      // biome-ignore lint/correctness/useYield: it says nothing
      executePlan: async function* () {
        streams += 1;
      },
      // biome-ignore lint/correctness/useYield: it says nothing
      reattachExecute: async function* () {
        streams += 1;
      },
    });
    await expect(connection.run('INSERT …')).rejects.toMatchObject({
      code: 'server_unavailable',
      message: expect.stringMatching(/: it ends each answer before it says anything$/),
    });
    expect(streams).toBe(NO_PAUSE.maxAttempts);
  });

  test('goes on for as long as silent streams are kept for some time', async () => {
    let nowMs = 0;
    let streams = 0;
    const silent = async function* () {
      streams += 1;
      nowMs += 120_000;
      if (streams === 3 * NO_PAUSE.maxAttempts) {
        yield { ...SERVER_SESSION, responseId: 'r1', ...COMPLETE };
      }
    };
    const connection = await connectTo(
      { executePlan: silent, reattachExecute: silent },
      { ...NO_PAUSE, now: () => nowMs },
    );
    await connection.run('INSERT …');
    expect(streams).toBe(3 * NO_PAUSE.maxAttempts);
  });

  test('is ended when it is given up before the server knows of it', async () => {
    const abort = new AbortController();
    const released: string[] = [];
    const connection = await connectTo({
      executePlan: async function* (_request, { signal }) {
        abort.abort();
        await new Promise((done) => signal.addEventListener('abort', done));
      },
      releaseExecute: async ({ operationId }) => {
        released.push(operationId);
        return released.length < 3 ? SERVER_SESSION : { ...SERVER_SESSION, operationId };
      },
    });
    await expect(connection.run('INSERT …', { signal: abort.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(released).toHaveLength(3);
    expect(new Set(released).size).toBe(1);
  });

  test('is sent again, as the same, only when the server never heard of it', async () => {
    const operations: (string | undefined)[] = [];
    const connection = await connectTo({
      executePlan: async function* ({ operationId }) {
        operations.push(operationId);
        if (operations.length === 1) {
          throw new ConnectError('away', Code.Unavailable);
        }
        yield { ...SERVER_SESSION, responseId: 'r1', ...COMPLETE };
      },
      // biome-ignore lint/correctness/useYield: it only fails
      reattachExecute: async function* () {
        throw sparkError(Code.Internal, 'no such operation', {
          errorClass: 'INVALID_HANDLE.OPERATION_NOT_FOUND',
        });
      },
    });
    await connection.run('INSERT …');
    expect(operations).toHaveLength(2);
    expect(new Set(operations).size).toBe(1);
  });

  test('of a session that the server lost is not sent again', async () => {
    let executions = 0;
    const connection = await connectTo({
      // biome-ignore lint/correctness/useYield: it only fails
      executePlan: async function* () {
        executions += 1;
        throw new ConnectError('away', Code.Unavailable);
      },
      // biome-ignore lint/correctness/useYield: it only fails
      reattachExecute: async function* () {
        throw sparkError(Code.Internal, 'changed', {
          errorClass: 'INVALID_HANDLE.SESSION_CHANGED',
        });
      },
    });
    await expect(connection.run('INSERT …')).rejects.toMatchObject({ code: 'server_restarted' });
    expect(executions).toBe(1);
  });

  test('that fails says so in the words of Spark, in full', async () => {
    const connection = await connectTo({
      // biome-ignore lint/correctness/useYield: it only fails
      executePlan: async function* () {
        throw sparkError(Code.Internal, 'cut sho…', { errorId: 'e1', errorClass: 'T' });
      },
      fetchErrorDetails: async ({ errorId }) => ({
        ...SERVER_SESSION,
        rootErrorIdx: 0,
        errors: [
          {
            message: `whole message of ${errorId}`,
            sparkThrowable: {
              errorClass: 'TABLE_OR_VIEW_NOT_FOUND',
              sqlState: '42P01',
              messageParameters: { relationName: '`t`' },
              queryContexts: [{ fragment: 't' }],
            },
          },
        ],
      }),
    });
    await expect(connection.run('SELECT * FROM t')).rejects.toMatchObject({
      code: 'query_failed',
      message: 'whole message of e1',
      errorClass: 'TABLE_OR_VIEW_NOT_FOUND',
      sqlState: '42P01',
      parameters: { relationName: '`t`' },
      fragment: 't',
    });
  });

  test('that is aborted is ended on the server', async () => {
    const released: (string | undefined)[] = [];
    const abort = new AbortController();
    const connection = await connectTo({
      executePlan: async function* (_request, { signal }) {
        yield {
          ...SERVER_SESSION,
          responseType: { case: 'executionProgress', value: { numInflightTasks: 2n } },
        };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      releaseExecute: async ({ release, operationId }) => {
        released.push(release.case);
        return { ...SERVER_SESSION, operationId };
      },
    });
    const running = connection.run('INSERT …', {
      signal: abort.signal,
      onProgress: ({ runningTaskCount }) => abort.abort(new Error(`at ${runningTaskCount}`)),
    });
    await expect(running).rejects.toThrow('at 2');
    expect(released).toEqual(['releaseAll']);
  });
});
