import { createServer, type Server } from 'node:http';
import { AnonymousCredential, BlobServiceClient } from '@azure/storage-blob';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { openRequests, type RequestOptions } from '../../src/storage/azure/requests.ts';

const ADDRESS = parseAzureAddress('abfss://shop@acme.dfs.core.windows.net/lake');
const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Requests whose pauses are noted and take no time. */
function openTimeless(options: Partial<RequestOptions> = {}, random = 0.5) {
  const pausesMs: number[] = [];
  const requests = openRequests(
    ADDRESS,
    { maxTries: 4, retryDelayMs: 100, timeoutMs: 60_000, ...options },
    {
      nowMs: () => NOW_MS,
      random: () => random,
      async sleep(durationMs, signal) {
        pausesMs.push(durationMs);
        signal.throwIfAborted();
      },
    },
  );
  return { requests, pausesMs };
}

const failure = (details: { statusCode?: number; code?: string; retryAfter?: string }): Error => {
  const { retryAfter, ...rest } = details;
  const headers = { get: (name: string) => (name === 'retry-after' ? retryAfter : undefined) };
  return Object.assign(new Error('failed'), rest, { response: { headers } });
};

/** How often a request is sent that always fails in this way. */
async function countTries(error: Error): Promise<number> {
  let tryCount = 0;
  const { requests } = openTimeless();
  const sent = requests.run('read', 'file', async () => {
    tryCount += 1;
    throw error;
  });
  await expect(sent).rejects.toMatchObject({ name: 'ClicklakeError' });
  return tryCount;
}

describe('a request to Azure storage that fails', () => {
  it.each([408, 429, 500, 502, 503, 504])('is sent again after status %i', async (statusCode) => {
    expect(await countTries(failure({ statusCode }))).toBe(4);
  });

  it.each([400, 401, 403, 404, 405, 409, 411, 412, 413, 416, 501, 505])(
    'is not sent again after status %i',
    async (statusCode) => {
      expect(await countTries(failure({ statusCode }))).toBe(1);
    },
  );

  it('is sent again after an answer that was cut, and after none', async () => {
    expect(await countTries(failure({ statusCode: 206 }))).toBe(4);
    expect(await countTries(failure({ code: 'ECONNRESET' }))).toBe(4);
  });

  it.each(['SELF_SIGNED_CERT_IN_CHAIN', 'CredentialUnavailableError', 'ENOTFOUND'])(
    'is not sent again after %s, which waiting does not mend',
    async (code) => {
      expect(await countTries(failure({ code }))).toBe(1);
    },
  );

  it.each([
    ['done it', async () => 'an answer'],
    ['refused it', () => Promise.reject(failure({ statusCode: 404 }))],
  ])('is sent again after an unknown name once the service has %s', async (_what, send) => {
    const { requests } = openTimeless();
    await requests.run<unknown>('read', 'file', send).catch(() => {});
    let tryCount = 0;
    const sent = requests.run('read', 'file', async () => {
      tryCount += 1;
      throw failure({ code: 'ENOTFOUND' });
    });
    await expect(sent).rejects.toMatchObject({ name: 'ClicklakeError' });
    expect(tryCount).toBe(4);
  });
});

describe('the pauses between tries', () => {
  const pausesOf = async (
    error: Error,
    options: Partial<RequestOptions> = {},
    random?: number,
  ): Promise<number[]> => {
    const { requests, pausesMs } = openTimeless(options, random);
    await requests.run('read', 'file', () => Promise.reject(error)).catch(() => {});
    return pausesMs;
  };
  const busy = failure({ statusCode: 503 });

  it('double from try to try, up to thirty times the first', async () => {
    expect(await pausesOf(busy, { maxTries: 8 })).toEqual([
      100, 200, 400, 800, 1_600, 3_000, 3_000,
    ]);
  });

  it('differ from client to client by a fifth at most', async () => {
    expect(await pausesOf(busy, { maxTries: 2 }, 0)).toEqual([80]);
    expect((await pausesOf(busy, { maxTries: 2 }, 0.999_999))[0]).toBeCloseTo(120, 2);
  });

  it.each([
    ['7', 7_000],
    ['60', 60_000],
    ['86400', 120_000],
    ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 100],
    ['0', 100],
    ['soon', 100],
    ['-5', 100],
  ])('are as long as the service asks for by Retry-After: %s', async (retryAfter, expected) => {
    const asked = failure({ statusCode: 503, retryAfter });
    expect(await pausesOf(asked, { maxTries: 2 })).toEqual([expected]);
  });

  it('end when the user interrupts, and nothing is sent again', async () => {
    const interruption = new AbortController();
    const { requests, pausesMs } = openTimeless({ signal: interruption.signal });
    let tryCount = 0;
    const sent = requests.run('read', 'file', async () => {
      tryCount += 1;
      if (tryCount === 2) {
        interruption.abort();
      }
      throw busy;
    });
    await expect(sent).rejects.toMatchObject({ code: 'storage_failed' });
    expect([tryCount, pausesMs.length]).toEqual([2, 1]);
  });
});

describe("the service's own answers", () => {
  let server: Server | undefined;
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((done) => server?.close(done));
  });

  it('are understood as the SDK gives them: 503 with Retry-After, then success', async () => {
    const answers = [503, 502, 200];
    server = createServer((_request, response) => {
      const status = answers.shift() ?? 500;
      response.writeHead(status, status === 503 ? { 'retry-after': '9' } : {}).end();
    });
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const blob = new BlobServiceClient(`http://127.0.0.1:${port}`, new AnonymousCredential(), {
      retryOptions: { maxTries: 1 },
    })
      .getContainerClient('shop')
      .getBlobClient('file');
    const { requests, pausesMs } = openTimeless();
    await requests.run('read', 'file', ({ signal }) => blob.getProperties({ abortSignal: signal }));
    expect(pausesMs).toEqual([9_000, 200]);
    expect(answers).toEqual([]);
  });
});
