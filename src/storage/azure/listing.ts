/** Lists the blobs of a container, page by page. */
import type { ContainerClient } from '@azure/storage-blob';
import type { FileInfo } from '../storage.ts';
import type { Requests } from './requests.ts';

const PAGE_SIZE = 5_000;

/** Includes folders: the objects of a hierarchical account, and marker blobs of Hadoop. */
export type ListedBlob = FileInfo & { etag: string; isArchived: boolean; isFolder: boolean };

/** Blobs whose names start with `prefix`, in the service's order. Paths are blob names. */
export async function* listBlobs(
  container: ContainerClient,
  prefix: string,
  requests: Requests,
): AsyncGenerator<ListedBlob> {
  const pages = pagesOf(prefix, requests, (settings, abortSignal) =>
    container.listBlobsFlat({ prefix, includeMetadata: true, abortSignal }).byPage(settings),
  );
  for await (const { segment } of pages) {
    for (const { name, properties, metadata } of segment.blobItems) {
      yield {
        path: name,
        sizeBytes: properties.contentLength ?? 0,
        modifiedAtMs: properties.lastModified.getTime(),
        etag: properties.etag.replace(/^"|"$/g, ''),
        isArchived: properties.accessTier === 'Archive',
        // Some programs mark a folder only by a slash at the end of the name.
        isFolder: metadata?.hdi_isfolder === 'true' || name.endsWith('/'),
      };
    }
  }
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
