/** What a user reads when the credentials are not right, and that no output ever holds a secret. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { type Azurite, CERTIFICATE, startAzurite } from '../fixtures/azurite.ts';
import { type AzureCommands, startAzureCommands } from './azure-support.ts';
import { type Finished, finish, runInProcess } from './command.ts';

const EVENT = `{"event_id":"e1","user_id":"u1","session_id":"s1","event_type":"page_view","event_timestamp":"2026-01-01T00:00:00Z"}\n`;
const QUICK = { CLICKLAKE_AZURE_MAX_TRIES: '2', CLICKLAKE_AZURE_RETRY_DELAY_MS: '1' };

/** Read by the Azure libraries, from the environment of their process alone. */
const LIBRARY_VARIABLES = ['AZURE_LOG_LEVEL', 'AZURE_TOKEN_CREDENTIALS', 'IDENTITY_ENDPOINT'];

let azure: AzureCommands;
let lake: string;

beforeAll(async () => {
  azure = await startAzureCommands();
  lake = await azure.azurite.newLake();
});
afterAll(() => azure.stop());

function signature(permissions: string, expiresInMs: number): string {
  return generateBlobSASQueryParameters(
    {
      containerName: parseAzureAddress(lake).container,
      permissions: ContainerSASPermissions.parse(permissions),
      startsOn: new Date(Date.now() - 7_200_000),
      expiresOn: new Date(Date.now() + expiresInMs),
    },
    new StorageSharedKeyCredential(azure.azurite.account, azure.azurite.key),
  ).toString();
}

/** Runs with everything said that can be said, and looks for secrets in it. */
async function run(
  args: readonly string[],
  env: Record<string, string>,
  stdin = '',
): Promise<Finished> {
  const { XDG_CACHE_HOME } = azure.env;
  const all = { ...QUICK, ...(XDG_CACHE_HOME ? { XDG_CACHE_HOME } : {}), ...env };
  const isForLibraries = LIBRARY_VARIABLES.some((name) => name in env);
  const verbose = [...args, '--verbose'];
  const finished = isForLibraries
    ? await finish(azure.start(verbose, all), stdin)
    : await runInProcess(verbose, { cwd: azure.folder, env: all }, stdin);
  const output = finished.stdout + finished.stderr;
  const secrets = Object.entries(env)
    .filter(([name]) => /KEY|TOKEN|SECRET|CONNECTION|HEADER/.test(name))
    .flatMap(([, text]) => [text, decodeURIComponent(text), ...(/sig=([^&;]+)/.exec(text) ?? [])]);
  for (const secret of [azure.azurite.key, ...secrets.filter((text) => text.length > 3)]) {
    expect(output).not.toContain(secret);
    expect(output).not.toContain(decodeURIComponent(secret));
  }
  expect(output).not.toMatch(/sig=(?!REDACTED)|Bearer e|SharedKey dev/);
  return finished;
}

/** The `error:` and `hint:` lines. */
async function complaint(
  args: readonly string[],
  env: Record<string, string>,
  stdin = '',
): Promise<string> {
  const { stderr, exitCode } = await run(args, env, stdin);
  expect(exitCode).toBeGreaterThan(1);
  const lines = stderr.split('\n').filter((line) => /^(?:error|hint): /.test(line));
  expect(lines).toHaveLength(2);
  return lines.join('\n');
}

describe('credentials that are not right', () => {
  const endpoint = () => ({ AZURE_STORAGE_BLOB_ENDPOINT: azure.azurite.endpoint });
  const status = () => ['status', '--lake', lake];
  const ingest = () => ['ingest', '-', '--lake', lake];

  it('are a wrong key', async () => {
    const key = Buffer.from('a wrong key').toString('base64');
    expect(await complaint(status(), { ...endpoint(), AZURE_STORAGE_ACCOUNT_KEY: key })).toMatch(
      /^error: cannot \w+ .*: the storage account devstoreaccount1 (?:refuses|does not accept) the credentials.*\nhint: renew .*$/,
    );
  });

  it('are an expired signature', async () => {
    const env = { ...endpoint(), AZURE_STORAGE_SAS_TOKEN: signature('racwdl', -3_600_000) };
    expect(await complaint(status(), env)).toMatch(
      /wrong(?: or|,) expired.*\nhint: renew .*az login/,
    );
  });

  it('are a signature that may read only', async () => {
    const env = { ...endpoint(), AZURE_STORAGE_SAS_TOKEN: signature('rl', 3_600_000) };
    expect(await complaint(ingest(), env, EVENT)).toMatch(
      /^error: cannot write .*these credentials do not permit this in the container lake-1\nhint: give .*racwdl/,
    );
  });

  it('are a signature that may not list', async () => {
    const env = { ...endpoint(), AZURE_STORAGE_SAS_TOKEN: signature('racw', 3_600_000) };
    expect(await complaint(status(), env)).toMatch(/^error: cannot list .*do not permit this/);
  });

  it('are for a container that is not there', async () => {
    const elsewhere = lake.replace('lake-1@', 'no-such@');
    expect(await complaint(['status', '--lake', elsewhere], azure.azurite.env)).toMatch(
      /there is no container no-such in the storage account devstoreaccount1\nhint: create it \(az storage container create --account-name devstoreaccount1 --name no-such\)/,
    );
  });

  it('are for an account that is not there', async () => {
    const env = {
      AZURE_STORAGE_BLOB_ENDPOINT: 'https://no-such-account.invalid',
      AZURE_STORAGE_ACCOUNT_KEY: azure.azurite.key,
    };
    expect(await complaint(status(), env)).toMatch(
      /the storage account devstoreaccount1 is not known on this network\nhint: check the name/,
    );
  });

  it('are a signature in the address, which is not repeated', async () => {
    const { exitCode, stderr } = await run(
      ['status', '--lake', `${lake}?${signature('racwdl', 3_600_000)}`],
      azure.azurite.env,
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('not a storage address');
  });

  it('stay secret when all goes well, and when the client itself is made to talk', async () => {
    const env = {
      ...endpoint(),
      AZURE_STORAGE_SAS_TOKEN: signature('racwdl', 3_600_000),
      AZURE_LOG_LEVEL: 'verbose',
    };
    const { exitCode, stderr } = await run(ingest(), env, EVENT);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('azure:storage-blob');
    const withKey = { ...azure.azurite.env, AZURE_LOG_LEVEL: 'verbose' };
    expect((await run(['status', '--lake', lake], withKey)).exitCode).toBe(0);
  });
});

describe('Entra ID', () => {
  let encrypted: Azurite;
  let tokens: Server;
  let asked: IncomingMessage[] = [];
  let expiresInS = 3_600;
  let entraLake: string;

  beforeAll(async () => {
    encrypted = await startAzurite({ isEncrypted: true });
    entraLake = await encrypted.newLake();
    // Speaks as the token service of a managed identity does.
    tokens = createServer((request, answer) => {
      asked.push(request);
      const expiresOn = Math.floor(Date.now() / 1000) + expiresInS;
      answer.setHeader('content-type', 'application/json');
      answer.end(
        JSON.stringify({
          access_token: token(expiresOn),
          expires_on: String(expiresOn),
          resource: 'https://storage.azure.com',
          token_type: 'Bearer',
        }),
      );
    });
    await new Promise<void>((done) => tokens.listen(0, '127.0.0.1', done));
  });
  afterAll(async () => {
    tokens.close();
    await encrypted.stop();
  });

  /** As Entra ID issues it for storage, without a signature. */
  function token(expiresOn: number): string {
    const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const issuedAt = expiresOn - 7_200;
    const claims = {
      aud: 'https://storage.azure.com',
      iss: 'https://sts.windows.net/00000000-0000-0000-0000-000000000001/',
      ...{ iat: issuedAt, nbf: issuedAt, exp: expiresOn },
    };
    return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`;
  }

  const identity = () => {
    const address = tokens.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return {
      AZURE_STORAGE_BLOB_ENDPOINT: encrypted.endpoint,
      NODE_EXTRA_CA_CERTS: CERTIFICATE,
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/token`,
      IDENTITY_HEADER: 'the secret of this machine',
    };
  };

  it('is signed in to by a managed identity, with one token for a whole run', async () => {
    const ingested = await run(['ingest', '-', '--lake', entraLake], identity(), EVENT);
    expect(ingested).toMatchObject({ exitCode: 0 });
    asked = [];
    expect(await run(['run', '--lake', entraLake], identity())).toMatchObject({ exitCode: 0 });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.headers['x-identity-header']).toBe('the secret of this machine');
    expect(decodeURIComponent(asked[0]?.url ?? '')).toContain('resource=https://storage.azure.com');
  });

  it('says that its token is not taken', async () => {
    expiresInS = -60;
    expect(await complaint(['status', '--lake', entraLake], identity())).toMatch(
      /(?:refuses|does not accept) the credentials|there are no credentials/,
    );
    expiresInS = 3_600;
  });

  it('is signed in to by az login', async () => {
    const folder = join(azure.folder, 'bin');
    await mkdir(folder, { recursive: true });
    const az = join(folder, 'az');
    const expiresOn = Math.floor(Date.now() / 1000) + 3_600;
    const answer = {
      accessToken: token(expiresOn),
      expiresOn: new Date(expiresOn * 1000).toISOString(),
      expires_on: expiresOn,
      tokenType: 'Bearer',
    };
    await writeFile(az, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
    await chmod(az, 0o755);
    const env = {
      AZURE_STORAGE_BLOB_ENDPOINT: encrypted.endpoint,
      NODE_EXTRA_CA_CERTS: CERTIFICATE,
      AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential',
      PATH: `${folder}:${process.env.PATH}`,
    };
    expect(await run(['status', '--lake', entraLake], env)).toMatchObject({ exitCode: 0 });
  });

  it('says so when nobody is signed in', async () => {
    const env = {
      AZURE_STORAGE_BLOB_ENDPOINT: encrypted.endpoint,
      NODE_EXTRA_CA_CERTS: CERTIFICATE,
      AZURE_TOKEN_CREDENTIALS: 'AzureCliCredential',
      PATH: azure.folder,
    };
    expect(await complaint(['status', '--lake', entraLake], env)).toMatch(
      /there are no credentials for the storage account devstoreaccount1\nhint: set AZURE_STORAGE_CONNECTION_STRING, .*az login/,
    );
  });

  it('does not speak to a service whose certificate is not trusted', async () => {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = identity();
    expect(await complaint(['status', '--lake', entraLake], env)).toMatch(
      /the certificate of the storage account devstoreaccount1 is not trusted .*\nhint: .*NODE_EXTRA_CA_CERTS/,
    );
  });
});
