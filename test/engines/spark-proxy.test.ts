/** A workspace that is reached through an HTTP proxy. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chooseProxy } from '../../src/engines/spark/choose-proxy.ts';
import { SparkConnectService } from '../../src/engines/spark/connect/generated/spark_connect_pb.ts';
import { openConnection } from '../../src/engines/spark/open-connection.ts';
import { NO_RETRY } from '../fixtures/no-retry.ts';

const SESSION = { serverSideSessionId: 'server-1' };
const USER = 'user';
const PASSWORD = 'p%40ss';

const fixture = (name: string) => readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

describe('a workspace behind a proxy', () => {
  let workspace: Http2SecureServer;
  let proxy: Server;
  let certificateAuthority: string;
  /** What the proxy was asked for. */
  const asked: { target: string | undefined; authorization: string | undefined }[] = [];
  let isRefusing = false;

  beforeAll(async () => {
    certificateAuthority = await fixture('loopback-certificate.pem');
    workspace = createSecureServer(
      {
        cert: certificateAuthority,
        key: await fixture('loopback-key.pem'),
        allowHTTP1: true,
      },
      (request, response) => {
        if (request.url === '/oidc/v1/token') {
          response.end(JSON.stringify({ access_token: 'token-1', expires_in: 3600 }));
          return;
        }
        calls(request, response);
      },
    );
    const calls = connectNodeAdapter({
      routes: (router) => {
        router.service(SparkConnectService, {
          analyzePlan: async () => ({
            ...SESSION,
            result: { case: 'sparkVersion', value: { version: '4.2.0' } },
          }),
          releaseSession: async () => SESSION,
        });
      },
    });
    await new Promise<void>((done) => workspace.listen(0, '127.0.0.1', done));
    proxy = createServer();
    proxy.on('connect', ({ url, headers }, socket) => {
      asked.push({ target: url, authorization: headers['proxy-authorization'] });
      if (isRefusing) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      const [host, port] = (url ?? '').split(':');
      const onward = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  });
  afterAll(() => {
    workspace?.close();
    proxy?.close();
  });
  beforeEach(() => {
    asked.length = 0;
    isRefusing = false;
  });

  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  const target = () => `127.0.0.1:${portOf(workspace)}`;
  const open = (env: Record<string, string>) =>
    openConnection(
      `databricks://${target()}/;cluster_id=1-2-a`,
      { DATABRICKS_TOKEN: 'dapi-1', ...env },
      { certificateAuthority, retry: NO_RETRY },
    );
  const proxyUrl = () => `http://${USER}:${PASSWORD}@127.0.0.1:${portOf(proxy)}`;

  test('is reached through a tunnel, with the credentials of HTTPS_PROXY', async () => {
    const spark = await open({ HTTPS_PROXY: proxyUrl() });
    await spark.close();
    expect(spark.sparkVersion).toBe('4.2.0');
    const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(asked).toEqual([{ target: target(), authorization }]);
  });

  test('gives its tokens through the same proxy', async () => {
    const spark = await open({
      HTTPS_PROXY: proxyUrl(),
      DATABRICKS_TOKEN: '',
      DATABRICKS_CLIENT_ID: 'id',
      DATABRICKS_CLIENT_SECRET: 'secret',
    });
    await spark.close();
    expect(asked.map((each) => each.target)).toEqual([target(), target()]);
  });

  test('is reached directly where NO_PROXY names it', async () => {
    const spark = await open({ HTTPS_PROXY: proxyUrl(), NO_PROXY: 'example.com,127.0.0.1' });
    await spark.close();
    expect(asked).toEqual([]);
  });

  test('is not reached where the proxy refuses, and its password is not told', async () => {
    isRefusing = true;
    const error = await open({ HTTPS_PROXY: proxyUrl() }).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toMatchObject({
      code: 'server_unavailable',
      message: `the proxy 127.0.0.1:${portOf(proxy)} refused the connection (HTTP 407)`,
    });
    expect(`${error?.message} ${error?.stack}`).not.toMatch(/p@ss|p%40ss/);
  });

  test('is not reached where nobody answers as the proxy', async () => {
    await expect(open({ https_proxy: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'server_unavailable',
      message: expect.stringMatching(/^the proxy 127\.0\.0\.1:1 cannot be reached: /),
    });
  });
});

describe('a proxy', () => {
  const workspace = { host: 'adb-1.2.azuredatabricks.net', port: 443 };
  const choose = (env: Record<string, string>) => chooseProxy(workspace, env)?.href;

  test('is that of HTTPS_PROXY, of which lower case wins', () => {
    expect(choose({})).toBeUndefined();
    expect(choose({ HTTPS_PROXY: 'proxy.example.com:3128' })).toBe(
      'http://proxy.example.com:3128/',
    );
    const both = { HTTPS_PROXY: 'http://a:1', https_proxy: 'https://b:2' };
    expect(choose(both)).toBe('https://b:2/');
  });

  test.each([
    ['*', true],
    ['azuredatabricks.net', true],
    ['.azuredatabricks.net', true],
    ['*.azuredatabricks.net', true],
    ['localhost, adb-1.2.AzureDatabricks.net:443', true],
    ['adb-1.2.azuredatabricks.net:8443', false],
    ['databricks.net', false],
    ['', false],
  ])('is left out by NO_PROXY=%s: %s', (excluded, isLeftOut) => {
    const found = choose({ HTTPS_PROXY: 'http://a:1', NO_PROXY: excluded });
    expect(found).toBe(isLeftOut ? undefined : 'http://a:1/');
  });

  test('of another kind is refused, and its password not repeated', () => {
    const given = { HTTPS_PROXY: 'socks5://user:secret@proxy:1080' };
    expect(() => choose(given)).toThrow(/^HTTPS_PROXY is not the URL of an HTTP proxy$/);
  });
});
