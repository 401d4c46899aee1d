/**
 * Reads a page of List Blobs without building a tree of its XML, which takes the SDK some twenty times
 * as long: with 100,000 files that was most of a run that finds nothing new.
 */

import type { TokenCredential } from '@azure/identity';
import {
  type AnonymousCredential,
  ContainerClient,
  newPipeline,
  type StoragePipelineOptions,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { FileInfo } from '../storage.ts';

/** Includes folders: the objects of a hierarchical account, and marker blobs of Hadoop. */
export type ListedBlob = FileInfo & { etag: string; isArchived: boolean; isFolder: boolean };

type Credential = StorageSharedKeyCredential | AnonymousCredential | TokenCredential;

/** By the signal of the request that has been answered. */
const readPages = new WeakMap<object, ListedBlob[]>();

/** A client whose flat listings leave the blobs to `takeReadPage`, where the page is as expected. */
export class ListingContainerClient extends ContainerClient {
  constructor(url: string, credential: Credential, options: StoragePipelineOptions) {
    super(url, newPipeline(credential, options));
    this.storageClientContext.pipeline.addPolicy(
      {
        name: 'readListingPage',
        async sendRequest(request, next) {
          const response = await next(request);
          const { bodyAsText, status } = response;
          if (status === 200 && request.abortSignal && bodyAsText && isFlatListing(request.url)) {
            const page = readListingPage(bodyAsText);
            if (page !== undefined) {
              readPages.set(request.abortSignal, page.blobs);
              response.bodyAsText = page.rest;
            }
          }
          return response;
        },
      },
      // Sees the response before the SDK reads it.
      { afterPhase: 'Deserialize' },
    );
  }
}

/** Blobs of the page that answered the request with this signal; undefined: they are in the SDK's result. */
export function takeReadPage(signal: object): ListedBlob[] | undefined {
  return readPages.get(signal);
}

function isFlatListing(url: string): boolean {
  const query = new URL(url).searchParams;
  return (
    query.get('comp') === 'list' && query.get('restype') === 'container' && !query.has('delimiter')
  );
}

/** The blobs of a page, and its XML without them. undefined if it has anything that is not known here. */
export function readListingPage(xml: string): { blobs: ListedBlob[]; rest: string } | undefined {
  const start = xml.indexOf('<Blobs>');
  const end = xml.lastIndexOf('</Blobs>');
  if (start === -1 || end < start) {
    return undefined;
  }
  const blobs: ListedBlob[] = [];
  let at = start + '<Blobs>'.length;
  while (xml.startsWith('<Blob>', at)) {
    const stop = xml.indexOf('</Blob>', at);
    const blob = readBlob(xml.slice(at, stop));
    if (stop === -1 || blob === undefined) {
      return undefined;
    }
    blobs.push(blob);
    at = stop + '</Blob>'.length;
  }
  return at === end
    ? { blobs, rest: `${xml.slice(0, start)}<Blobs />${xml.slice(end + '</Blobs>'.length)}` }
    : undefined;
}

function readBlob(xml: string): ListedBlob | undefined {
  const name = textOf(xml, 'Name');
  const modified = textOf(xml, 'Last-Modified');
  const size = textOf(xml, 'Content-Length');
  const etag = textOf(xml, 'Etag');
  const modifiedAtMs = Date.parse(modified ?? '');
  // A name of characters that XML cannot hold has an attribute, and is not found.
  if (name === undefined || etag === undefined || Number.isNaN(modifiedAtMs)) {
    return undefined;
  }
  return {
    path: name,
    sizeBytes: Number(size ?? 0),
    modifiedAtMs,
    etag: etag.replace(/^"|"$/g, ''),
    isArchived: xml.includes('<AccessTier>Archive</AccessTier>'),
    isFolder: isFolder(name, xml.includes('<hdi_isfolder>true</hdi_isfolder>')),
  };
}

/** Some programs mark a folder only by a slash at the end of the name. */
export function isFolder(name: string, isMarked: boolean): boolean {
  return isMarked || name.endsWith('/');
}

/** undefined if there is none, or an entity that XML does not define. */
function textOf(xml: string, element: string): string | undefined {
  const opening = `<${element}>`;
  const start = xml.indexOf(opening);
  const end = start === -1 ? -1 : xml.indexOf('<', start + opening.length);
  if (end === -1) {
    return undefined;
  }
  const text = xml.slice(start + opening.length, end);
  return text.includes('&') ? decodeEntities(text) : text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function decodeEntities(text: string): string | undefined {
  let isKnown = true;
  const decoded = text.replace(/&([^;]*);?/g, (_entity, name: string) => {
    const [, hexadecimal, decimal] = /^#(?:x([\da-f]+)|(\d+))$/i.exec(name) ?? [];
    if (hexadecimal !== undefined || decimal !== undefined) {
      return String.fromCodePoint(
        Number.parseInt(hexadecimal ?? decimal ?? '', hexadecimal ? 16 : 10),
      );
    }
    isKnown &&= name in ENTITIES;
    return ENTITIES[name] ?? '';
  });
  return isKnown ? decoded : undefined;
}
