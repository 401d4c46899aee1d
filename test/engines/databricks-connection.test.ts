import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseCredentials } from '../../src/engines/spark/databricks/credentials.ts';
import { renewingToken } from '../../src/engines/spark/databricks/renewing-token.ts';
import { readWorkspace } from '../../src/engines/spark/databricks/workspace.ts';
import { ClicklakeError } from '../../src/errors.ts';

const HOST = 'adb-1.2.azuredatabricks.net';
const SESSION = '00000000-0000-4000-8000-000000000001';
const read = (url: string, env: Record<string, string> = {}) =>
  readWorkspace(url, env, () => SESSION);

describe('the address of a Databricks workspace', () => {
  test('names the cluster, and is always reached over TLS at 443', () => {
    expect(read(`databricks://${HOST}/;cluster_id=1123-100000-abcd`)).toEqual({
      host: HOST,
      port: 443,
      useTls: true,
      sessionId: SESSION,
      headers: { 'x-databricks-cluster-id': '1123-100000-abcd' },
    });
  });

  test('of serverless sends its session also as a header, and no cluster', () => {
    const target = read('databricks://h:8443/;serverless=true;x-team=shop;user_agent=nightly', {
      DATABRICKS_CLUSTER_ID: '1-2-3',
    });
    expect(target).toMatchObject({ host: 'h', port: 8443, userAgent: 'nightly' });
    expect(target.sessionId).toBe(SESSION);
    expect(target.headers).toEqual({ 'x-team': 'shop', 'x-databricks-session-id': SESSION });
  });

  test.each([
    ['databricks://h', { DATABRICKS_CLUSTER_ID: 'a-1' }, 'a-1'],
    ['databricks://h/', { DATABRICKS_CLUSTER_ID: 'a-1' }, 'a-1'],
    ['databricks://h;cluster_id=b-2', { DATABRICKS_CLUSTER_ID: 'a-1' }, 'b-2'],
    ['databricks://h/;cluster_id=b-2', { DATABRICKS_SERVERLESS_COMPUTE_ID: 'auto' }, 'b-2'],
    ['databricks://h/;serverless=false', { DATABRICKS_CLUSTER_ID: 'a-1' }, 'a-1'],
    ['databricks://h', { DATABRICKS_SERVERLESS_COMPUTE_ID: 'auto' }, undefined],
    [
      'databricks://h',
      { DATABRICKS_SERVERLESS_COMPUTE_ID: 'auto', DATABRICKS_CLUSTER_ID: 'a-1' },
      undefined,
    ],
  ])('%s with %j in the environment', (url, env, clusterId) => {
    const { headers } = read(url, env as Record<string, string>);
    expect(headers['x-databricks-cluster-id']).toBe(clusterId);
    expect(headers['x-databricks-session-id']).toBe(clusterId ? undefined : SESSION);
  });

  test.each(['https://h', 'https://h/', 'h', 'https://h:443/?o=12#x', 'H'])(
    'takes its host from DATABRICKS_HOST=%s',
    (text) => {
      const env = { DATABRICKS_HOST: text, DATABRICKS_CLUSTER_ID: 'a-1' };
      expect(read('databricks://', env)).toMatchObject({ host: 'h', port: 443 });
      expect(read('databricks://h/', env)).toMatchObject({ host: 'h', port: 443 });
    },
  );

  test.each([
    ['databricks://', {}, /no host/],
    ['databricks://h', {}, /neither a cluster nor serverless/],
    ['databricks://h/path', {}, /not of the form/],
    ['databricks://u@h/;cluster_id=a', {}, /not of the form/],
    ['databricks://h:0/;cluster_id=a', {}, /no port/],
    ['databricks://h/;cluster_id=a;serverless=true', {}, /exclude each other/],
    ['databricks://h/;cluster_id=a%20b', {}, /cluster_id is not one/],
    ['databricks://h/;serverless=yes', {}, /neither true nor false: yes/],
    ['databricks://h/;use_ssl=false;cluster_id=a', {}, /no parameter use_ssl/],
    ['databricks://h/;cluster_id', {}, /not of the form key=value: cluster_id/],
    ['databricks://h/;token=hidden;cluster_id=a', {}, /a token in it/],
    ['databricks://h', { DATABRICKS_SERVERLESS_COMPUTE_ID: 'x' }, /can only be auto/],
    ['databricks://h/;cluster_id=a', { DATABRICKS_HOST: 'https://other' }, /is other:443/],
    ['databricks://h:444/;cluster_id=a', { DATABRICKS_HOST: 'https://h' }, /names h:444/],
    ['databricks://h/;cluster_id=a', { DATABRICKS_HOST: 'http://h' }, /DATABRICKS_HOST is not/],
  ])('%s with %j is refused', (url, env, message) => {
    const error = failure(() => read(url, env as Record<string, string>));
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(message);
    expect(`${error.message}${error.hint}`).not.toContain('hidden');
  });
});

describe('a token that is renewed', () => {
  function issuer() {
    const clock = { nowMs: 0 };
    const state = { count: 0, isDown: false, lifeMs: 3_600_000 };
    const getToken = renewingToken(
      async () => {
        state.count += 1;
        if (state.isDown) {
          throw new Error(`down ${state.count}`);
        }
        return { token: `t${state.count}`, expiresAtMs: clock.nowMs + state.lifeMs };
      },
      () => clock.nowMs,
    );
    return { clock, state, getToken };
  }

  test('is fetched once for calls at the same time, and again five minutes before it ends', async () => {
    const { clock, state, getToken } = issuer();
    expect(await Promise.all([getToken(), getToken(), getToken()])).toEqual(['t1', 't1', 't1']);
    clock.nowMs = 3_299_999;
    expect(await getToken()).toBe('t1');
    clock.nowMs = 3_300_000;
    expect(await Promise.all([getToken(), getToken()])).toEqual(['t2', 't2']);
    expect(state.count).toBe(2);
  });

  test('of a short life is renewed in its middle', async () => {
    const { clock, state, getToken } = issuer();
    state.lifeMs = 60_000;
    await getToken();
    clock.nowMs = 29_999;
    expect(await getToken()).toBe('t1');
    clock.nowMs = 30_000;
    expect(await getToken()).toBe('t2');
  });

  test('stays in use while its renewal fails, until it ends', async () => {
    const { clock, state, getToken } = issuer();
    await getToken();
    state.isDown = true;
    clock.nowMs = 3_300_000;
    expect(await getToken()).toBe('t1');
    expect(await getToken()).toBe('t1');
    expect(state.count).toBe(2);
    clock.nowMs += 30_000;
    expect(await getToken()).toBe('t1');
    expect(state.count).toBe(3);
    clock.nowMs = 3_600_000;
    await expect(getToken()).rejects.toThrow('down 4');
    state.isDown = false;
    expect(await getToken()).toBe('t5');
  });

  test('that never came is asked for again by the next call', async () => {
    const { state, getToken } = issuer();
    state.isDown = true;
    await expect(getToken()).rejects.toThrow('down 1');
    state.isDown = false;
    expect(await getToken()).toBe('t2');
  });
});

describe('the credentials of a workspace', () => {
  const workspace = { host: 'h', port: 443 };
  const PRINCIPAL = { DATABRICKS_CLIENT_ID: 'me', DATABRICKS_CLIENT_SECRET: 'dose-hidden' };

  test('are a personal token before anything else', async () => {
    const env = { DATABRICKS_TOKEN: ' dapi1 ', ...PRINCIPAL };
    expect(await chooseCredentials(workspace, env).getToken()).toBe('dapi1');
  });

  test.each([
    [{}, /no credentials for h/],
    [{ DATABRICKS_CLIENT_ID: 'me' }, /DATABRICKS_CLIENT_SECRET is not set/],
    [{ DATABRICKS_CLIENT_SECRET: 'hidden' }, /DATABRICKS_CLIENT_ID is not set/],
    [{ DATABRICKS_TOKEN: 'hidden', DATABRICKS_AUTH_TYPE: 'oauth-m2m' }, /CLIENT_ID is not set/],
    [{ DATABRICKS_AUTH_TYPE: 'pat', ...PRINCIPAL }, /DATABRICKS_TOKEN is not set/],
    [{ DATABRICKS_AUTH_TYPE: 'kerberos' }, /kerberos, which Clicklake does not know/],
  ])('%j are not enough', (env, message) => {
    const error = failure(() => chooseCredentials(workspace, env as Record<string, string>));
    expect(error.code).toBe('config_invalid');
    expect(error.message).toMatch(message);
    expect(`${error.message}${error.hint}`).not.toContain('hidden');
  });
});

describe('the Azure CLI', () => {
  const path = process.env.PATH;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-az-'));
    process.env.PATH = `${folder}:${path}`;
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true });
  });

  async function tokenOf(script: string, env: Record<string, string> = {}) {
    await writeFile(join(folder, 'az'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const azure = { host: 'adb-1.2.azuredatabricks.net', port: 443 };
    return await chooseCredentials(azure, env).getToken();
  }

  test('is asked for the token of Azure Databricks where nothing else is given', async () => {
    const answer = `echo "$@" >'${folder}/asked'
echo '{"accessToken": "entra-1", "expires_on": 4000000000, "tokenType": "Bearer"}'`;
    expect(await tokenOf(answer, { ARM_TENANT_ID: '11111111-2222-3333-4444-555555555555' })).toBe(
      'entra-1',
    );
    const asked = await readFile(join(folder, 'asked'), 'utf8');
    expect(asked).toContain('--resource 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d ');
    expect(asked).toContain('--tenant 11111111-2222-3333-4444-555555555555');
  });

  test('that nobody is signed in to is told so', async () => {
    await expect(tokenOf('echo "run az login" >&2; exit 1')).rejects.toMatchObject({
      code: 'access_refused',
      message: 'the Azure CLI gives no token for the Databricks workspace',
      hint: expect.stringMatching(/^sign in with: az login; or set DATABRICKS_TOKEN/),
    });
  });
});

describe('a service principal', () => {
  const fixture = (name: string) =>
    readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  const certificateAuthority = fixture('loopback-certificate.pem');
  let server: Server | undefined;
  afterEach(() => server?.close());

  async function workspace(
    answer: (count: number) => { status: number; body: string },
    env: Record<string, string> = {},
  ) {
    const asked: { path: string; authorization: string; body: string }[] = [];
    server = createServer(
      { cert: certificateAuthority, key: fixture('loopback-key.pem') },
      (request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        request.on('end', () => {
          const authorization = request.headers.authorization ?? '';
          asked.push({ path: `${request.method} ${request.url}`, authorization, body });
          const { status, body: text } = answer(asked.length);
          response.writeHead(status, { 'content-type': 'application/json' }).end(text);
        });
      },
    );
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const clock = { nowMs: 1_000 };
    const { getToken } = chooseCredentials(
      { host: '127.0.0.1', port },
      { DATABRICKS_CLIENT_ID: 'me', DATABRICKS_CLIENT_SECRET: 'dose-hidden', ...env },
      { certificateAuthority, now: () => clock.nowMs },
    );
    return { asked, clock, port, getToken };
  }

  const granted = (count: number) => ({
    status: 200,
    body: JSON.stringify({ access_token: `t${count}`, token_type: 'Bearer', expires_in: 3_600 }),
  });

  test('gets a token for all of the workspace, and a new one before it ends', async () => {
    const { asked, clock, getToken } = await workspace(granted);
    expect(await getToken()).toBe('t1');
    clock.nowMs += 3_299_000;
    expect(await getToken()).toBe('t1');
    expect(asked).toEqual([
      {
        path: 'POST /oidc/v1/token',
        authorization: `Basic ${Buffer.from('me:dose-hidden').toString('base64')}`,
        body: 'grant_type=client_credentials&scope=all-apis',
      },
    ]);
    clock.nowMs += 1_000;
    expect(await getToken()).toBe('t2');
  });

  test.each([
    [401, '{"error":"invalid_client","error_description":"dose-hidden"}', /\(invalid_client\)$/],
    [200, '{"access_token":"","expires_in":"soon"}', /\(HTTP 200\)$/],
    [503, '<html>dose-hidden</html>', /\(HTTP 503\)$/],
    [400, '{"error":"dose-hidden secret"}', /\(HTTP 400\)$/],
  ])('that is answered %i %s is told so in one sentence', async (status, body, message) => {
    const { getToken, port } = await workspace(() => ({ status, body }));
    const error = (await getToken().catch((reason: unknown) => reason)) as ClicklakeError;
    expect(error).toMatchObject({ code: 'access_refused' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`127.0.0.1:${port} gave no token`);
    expect(JSON.stringify([error, error.message, error.hint, error.stack])).not.toContain('hidden');
  });

  test('does not trust a workspace whose certificate is unknown', async () => {
    const { port } = await workspace(granted);
    const { getToken } = chooseCredentials(
      { host: '127.0.0.1', port },
      { DATABRICKS_CLIENT_ID: 'me', DATABRICKS_CLIENT_SECRET: 'dose-hidden' },
    );
    await expect(getToken()).rejects.toMatchObject({
      code: 'server_unavailable',
      message: expect.stringMatching(/cannot be asked for a token: .*CERT|SELF_SIGNED/),
    });
  });
});

function failure(work: () => unknown): ClicklakeError {
  try {
    work();
  } catch (error) {
    if (error instanceof ClicklakeError) {
      return error;
    }
    throw error;
  }
  throw new Error('nothing was refused');
}
