/** How many pages a listing asks a service for that Azurite cannot stand for: one without `startFrom`. */
import type { ContainerClient } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { listBlobs } from '../../src/storage/azure/listing.ts';
import { openRequests } from '../../src/storage/azure/requests.ts';
import { disjoint, endOfRange } from '../../src/storage/path-ranges.ts';

const ADDRESS = parseAzureAddress('abfss://shop@acme.dfs.core.windows.net/lake');

/** 30 folders of 1,000 names for each of two sources: pages have 5,000. */
const NAMES = ['app', 'web'].flatMap((source) =>
  Array.from({ length: 30_000 }, (_, index) => {
    const day = String(Math.floor(index / 1_000) + 1).padStart(2, '0');
    return `bronze/${source}/2026-01-${day}/${String(index % 1_000).padStart(4, '0')}`;
  }),
);
const OLD = disjoint(
  ['app', 'web'].map((source) => ({
    from: `bronze/${source}/2026-01-01`,
    to: `bronze/${source}/2026-01-29`,
  })),
);

function serviceOf(names: readonly string[], { knowsStartFrom }: { knowsStartFrom: boolean }) {
  let pageCount = 0;
  const container = {
    listBlobsFlat: ({ startFrom = '' }) => ({
      byPage: ({ maxPageSize = 0, continuationToken = '' }) => ({
        async next() {
          pageCount += 1;
          const isAfter = (name: string) =>
            name > continuationToken && (!knowsStartFrom || name >= startFrom);
          const first = names.findIndex(isAfter);
          const page = first === -1 ? [] : names.slice(first, first + maxPageSize);
          const isLast = first === -1 || first + maxPageSize >= names.length;
          const properties = { lastModified: new Date(0), etag: 'e', contentLength: 1 };
          const value = {
            segment: { blobItems: page.map((name) => ({ name, properties })) },
            continuationToken: isLast ? '' : page.at(-1),
          };
          return { value, done: false };
        },
      }),
    }),
  } as unknown as ContainerClient;
  return {
    async list(options: Parameters<typeof listBlobs>[3]) {
      const requests = openRequests(ADDRESS, { maxTries: 1, retryDelayMs: 1, timeoutMs: 60_000 });
      const paths: string[] = [];
      for await (const { path } of listBlobs(container, 'bronze/', requests, options)) {
        paths.push(path);
      }
      return paths;
    },
    pageCount: () => pageCount,
  };
}

describe('a listing in Azure that leaves out old folders', () => {
  const wanted = NAMES.filter((name) => endOfRange(OLD, name) === undefined);

  it('asks for a page of each, and for what it wants', async () => {
    const service = serviceOf(NAMES, { knowsStartFrom: true });
    expect(await service.list({ leaveOut: OLD })).toEqual(wanted);
    expect(service.pageCount()).toBe(3);
  });

  it('reads on in a page that ends outside the ranges', async () => {
    const service = serviceOf(NAMES.slice(0, 5_001), { knowsStartFrom: true });
    const inside = disjoint([{ from: 'bronze/app/2026-01-02', to: 'bronze/app/2026-01-05' }]);
    const paths = await service.list({ leaveOut: inside });
    expect(paths).toEqual([...NAMES.slice(0, 1_000), ...NAMES.slice(4_000, 5_001)]);
    expect(service.pageCount()).toBe(2);
  });

  it('goes on page by page where the service begins at the start again', async () => {
    const service = serviceOf(NAMES, { knowsStartFrom: false });
    expect(await service.list({ leaveOut: OLD })).toEqual(wanted);
    expect(service.pageCount()).toBe(NAMES.length / 5_000 + 1);
  });
});
