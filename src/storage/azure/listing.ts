/** Lists the blobs of a container, page by page. */
import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import { endOfRange, type PathRange } from '../path-ranges.ts';
import { compareBytes } from '../storage-path.ts';
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
  /** The last jump over a range: its end, and the page that comes next without it. */
  let jump: { end: string; instead: PageSettings } | undefined;
  let mayJump = true;
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
    if (next.startFrom !== undefined && jump !== undefined && beginsBefore(blobs, jump.end)) {
      // The service does not know `startFrom`, or has another order.
      mayJump = false;
      next = jump.instead;
      continue;
    }
    for (const blob of blobs) {
      if (endOfRange(leaveOut, blob.path) === undefined) {
        yield blob;
      }
    }
    if (!page.continuationToken) {
      return;
    }
    next = { continuationToken: page.continuationToken };
    const end = endOfRange(leaveOut, blobs.at(-1)?.path ?? '');
    // Ends ascend: in a service with another order, jumps might go round in circles.
    if (mayJump && end !== undefined && compareBytes(jump?.end ?? '', end) < 0) {
      jump = { end, instead: next };
      next = { startFrom: end };
    }
  }
}

function beginsBefore([first]: readonly ListedBlob[], path: string): boolean {
  return first !== undefined && compareBytes(first.path, path) < 0;
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
