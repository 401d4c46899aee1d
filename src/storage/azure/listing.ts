/** Lists the blobs of a container, page by page. */
import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import { endOfRange, type PathRange } from '../path-ranges.ts';
import { isFolder, type ListedBlob, takeReadPage } from './listing-page.ts';
import type { Requests } from './requests.ts';

const PAGE_SIZE = 5_000;

/**
 * Blobs whose names start with `prefix`, in the service's order, without those in the ranges of
 * `leaveOut` (of `disjoint`). With `startFrom`, from there on in that order. Paths are blob names.
 */
export async function* listBlobs(
  container: ContainerClient,
  prefix: string,
  requests: Requests,
  { startFrom, leaveOut = [] }: { startFrom?: string; leaveOut?: readonly PathRange[] } = {},
): AsyncGenerator<ListedBlob> {
  /** Guards against a service that does not know `startFrom`. */
  const jumpedTo = new Set<string>();
  let next: PageSettings = startFrom === undefined ? {} : { startFrom };
  for (;;) {
    let answered: AbortSignal | undefined;
    const page = await requestPage(prefix, requests, (abortSignal) => {
      answered = abortSignal;
      const from = next.startFrom === undefined ? {} : { startFrom: next.startFrom };
      return container
        .listBlobsFlat({ prefix, includeMetadata: true, abortSignal, ...from })
        .byPage({ maxPageSize: PAGE_SIZE, ...next });
    });
    if (page === undefined) {
      return;
    }
    const read = answered && takeReadPage(answered);
    const blobs = read ?? page.segment.blobItems.map(asListed);
    for (const blob of blobs) {
      if (endOfRange(leaveOut, blob.path) === undefined) {
        yield blob;
      }
    }
    if (!page.continuationToken) {
      return;
    }
    const end = endOfRange(leaveOut, blobs.at(-1)?.path ?? '');
    if (end === undefined || jumpedTo.has(end)) {
      next = { continuationToken: page.continuationToken };
    } else {
      jumpedTo.add(end);
      next = { startFrom: end };
    }
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
  let next: PageSettings = {};
  for (;;) {
    const page = await requestPage(prefix, requests, (abortSignal) =>
      container
        .listBlobsByHierarchy('/', { prefix, abortSignal })
        .byPage({ maxPageSize: PAGE_SIZE, ...next }),
    );
    for (const { name } of page?.segment.blobPrefixes ?? []) {
      names.push(name.slice(prefix.length).replace(/\/$/, ''));
    }
    if (!page?.continuationToken) {
      return names;
    }
    next = { continuationToken: page.continuationToken };
  }
}

/** Where a page begins. By default, with the first name. */
interface PageSettings {
  continuationToken?: string;
  startFrom?: string;
}

/** Requests one page, so that a retry repeats only that. */
async function requestPage<Page>(
  prefix: string,
  requests: Requests,
  from: (signal: AbortSignal) => AsyncIterator<Page>,
): Promise<Page | undefined> {
  return await requests.run('list', prefix, async ({ signal }) => {
    const { value, done } = await from(signal).next();
    return done ? undefined : value;
  });
}
