/** Lists the blobs of a container, page by page. */
import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import { isFolder, type ListedBlob, takeReadPage } from './listing-page.ts';
import type { Requests } from './requests.ts';

const PAGE_SIZE = 5_000;

/** Blobs whose names start with `prefix`, in the service's order. Paths are blob names. */
export async function* listBlobs(
  container: ContainerClient,
  prefix: string,
  requests: Requests,
): AsyncGenerator<ListedBlob> {
  let answered: AbortSignal | undefined;
  const pages = pagesOf(prefix, requests, (settings, abortSignal) => {
    answered = abortSignal;
    return container.listBlobsFlat({ prefix, includeMetadata: true, abortSignal }).byPage(settings);
  });
  for await (const { segment } of pages) {
    const read = answered && takeReadPage(answered);
    yield* read ?? segment.blobItems.map(asListed);
  }
}

function asListed({ name, properties, metadata }: BlobItem): ListedBlob {
  return {
    path: name,
    sizeBytes: properties.contentLength ?? 0,
    modifiedAtMs: properties.lastModified.getTime(),
    etag: properties.etag.replace(/^"|"$/g, ''),
    isArchived: properties.accessTier === 'Archive',
    isFolder: isFolder(name, metadata?.hdi_isfolder === 'true'),
  };
}

/** Names of the folders directly below `prefix`, which is empty or ends with a slash. */
export async function listFolders(
  container: ContainerClient,
  prefix: string,
  requests: Requests,
): Promise<string[]> {
  const names: string[] = [];
  const pages = pagesOf(prefix, requests, (settings, abortSignal) =>
    container.listBlobsByHierarchy('/', { prefix, abortSignal }).byPage(settings),
  );
  for await (const { segment } of pages) {
    for (const { name } of segment.blobPrefixes ?? []) {
      names.push(name.slice(prefix.length).replace(/\/$/, ''));
    }
  }
  return names;
}

interface PageSettings {
  maxPageSize: number;
  continuationToken?: string;
}

/** Requests each page separately, so that a retry repeats only one page. */
async function* pagesOf<Page extends { continuationToken?: string }>(
  prefix: string,
  requests: Requests,
  from: (settings: PageSettings, signal: AbortSignal) => AsyncIterator<Page>,
): AsyncGenerator<Page> {
  const settings: PageSettings = { maxPageSize: PAGE_SIZE };
  for (;;) {
    const page: Page | undefined = await requests.run('list', prefix, async ({ signal }) => {
      const { value, done } = await from(settings, signal).next();
      return done ? undefined : value;
    });
    if (page === undefined) {
      return;
    }
    yield page;
    if (!page.continuationToken) {
      return;
    }
    settings.continuationToken = page.continuationToken;
  }
}
