/** Lists the blobs of a container, page by page. */
import type { ContainerClient } from '@azure/storage-blob';
import type { FileInfo } from '../storage.ts';
import type { Requests } from './requests.ts';

const PAGE_SIZE = 5_000;

/** Folders are listed too: those of a hierarchical account, and the marks that Hadoop leaves. */
export type ListedBlob = FileInfo & { etag: string; isArchived: boolean; isFolder: boolean };

/** Blobs whose names start with `prefix`, in the service's own order; paths are their names. */
export async function* listBlobs(
  container: ContainerClient,
  prefix: string,
  requests: Requests,
): AsyncGenerator<ListedBlob> {
  for (let continuationToken: string | undefined; ; ) {
    const page = await requests.run('list', prefix, async ({ signal }) => {
      const pages = container
        .listBlobsFlat({ prefix, includeMetadata: true, abortSignal: signal })
        .byPage(pageFrom(continuationToken));
      return (await pages.next()).value;
    });
    for (const { name, properties, metadata } of page?.segment.blobItems ?? []) {
      yield {
        path: name,
        sizeBytes: properties.contentLength ?? 0,
        modifiedAtMs: properties.lastModified.getTime(),
        etag: properties.etag.replace(/^"|"$/g, ''),
        isArchived: properties.accessTier === 'Archive',
        // Some programs mark a folder by a slash at the end of its name alone.
        isFolder: metadata?.hdi_isfolder === 'true' || name.endsWith('/'),
      };
    }
    continuationToken = page?.continuationToken || undefined;
    if (continuationToken === undefined) {
      return;
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
  for (let continuationToken: string | undefined; ; ) {
    const page = await requests.run('list', prefix, async ({ signal }) => {
      const pages = container
        .listBlobsByHierarchy('/', { prefix, abortSignal: signal })
        .byPage(pageFrom(continuationToken));
      return (await pages.next()).value;
    });
    for (const { name } of page?.segment.blobPrefixes ?? []) {
      names.push(name.slice(prefix.length).replace(/\/$/, ''));
    }
    continuationToken = page?.continuationToken || undefined;
    if (continuationToken === undefined) {
      return names;
    }
  }
}

function pageFrom(continuationToken: string | undefined): {
  maxPageSize: number;
  continuationToken?: string;
} {
  return {
    maxPageSize: PAGE_SIZE,
    ...(continuationToken === undefined ? {} : { continuationToken }),
  };
}
