/** Pages of List Blobs as our reader and the SDK read them. */
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { openContainer } from '../../src/storage/azure/credentials.ts';
import { listBlobs } from '../../src/storage/azure/listing.ts';
import { readListingPage, takeReadPage } from '../../src/storage/azure/listing-page.ts';
import { openRequests } from '../../src/storage/azure/requests.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}

const NAMES = [`a & b <c> "d" 'e'`, 'ü/🎈', '%41', '&amp;', 'x]]>', ' ', '-->', 'plain.ndjson'];

describe('a listing of blobs', () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite.stop());

  it('is what the SDK makes of it, however blobs are named', async () => {
    const address = parseAzureAddress(await azurite.newLake());
    const ours = await openContainer(address, azurite.env);
    for (const [index, name] of NAMES.entries()) {
      const metadata = index % 2 === 0 ? undefined : { hdi_isfolder: String(index === 1) };
      await ours.getBlockBlobClient(name).upload(name, name.length, metadata && { metadata });
    }
    await ours.getBlockBlobClient('archived').upload('', 0, { tier: 'Archive' });
    const sdk = new ContainerClient(ours.url, ours.credential);
    const requests = openRequests(address, { maxTries: 1, retryDelayMs: 1, timeoutMs: 60_000 });
    for (const prefix of ['', 'ü', 'none']) {
      const [read, expected] = [
        await collect(listBlobs(ours, prefix, requests)),
        await collect(listBlobs(sdk, prefix, requests)),
      ];
      expect(read).toEqual(expected);
      expect(read).toHaveLength({ '': NAMES.length + 1, ü: 1 }[prefix] ?? 0);
    }
    requests.stop();

    const abortSignal = new AbortController().signal;
    for await (const { segment } of ours.listBlobsFlat({ abortSignal }).byPage()) {
      expect(segment.blobItems).toEqual([]);
    }
    expect(takeReadPage(abortSignal)).toHaveLength(NAMES.length + 1);
  });
});

describe('a page', () => {
  const blob = (name: string, more = '') =>
    `<Blob>${name}<Properties><Last-Modified>Mon, 30 Nov 2026 08:00:00 GMT</Last-Modified><Etag>0x1</Etag><Content-Length>7</Content-Length>${more}</Properties></Blob>`;
  const page = (blobs: string) =>
    `<EnumerationResults><Prefix>p</Prefix>${blobs}<NextMarker>m</NextMarker></EnumerationResults>`;

  it('is read, and leaves the rest to the SDK', () => {
    const named = blob('<Name>a&amp;&#x62;&#99;</Name>');
    expect(readListingPage(page(`<Blobs>${named}</Blobs>`))).toEqual({
      blobs: [
        {
          ...{ path: 'a&bc', sizeBytes: 7, modifiedAtMs: Date.UTC(2026, 10, 30, 8), etag: '0x1' },
          ...{ isArchived: false, isFolder: false },
        },
      ],
      rest: page('<Blobs />'),
    });
  });

  it.each([
    ['a name of other characters than XML has', blob('<Name Encoded="true">%EF%BF%BF</Name>')],
    ['an unknown entity', blob('<Name>&nbsp;</Name>')],
    ['no name', blob('')],
    ['something beside blobs', `${blob('<Name>a</Name>')}<BlobPrefix><Name>a/</Name></BlobPrefix>`],
    ['an end that is missing', blob('<Name>a</Name>').replace('</Blob>', '')],
  ])('is left to the SDK as a whole with %s', (_case, blobs) => {
    expect(
      readListingPage(page(`<Blobs>${blob('<Name>b</Name>')}${blobs}</Blobs>`)),
    ).toBeUndefined();
  });

  it('is left to the SDK when it is empty', () => {
    expect(readListingPage(page('<Blobs />'))).toBeUndefined();
  });
});
