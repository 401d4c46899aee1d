/** A landing container in Azure Data Lake Storage Gen2 or Blob Storage. */
import { ClicklakeError } from '../../errors.ts';
import type { Landing } from '../landing.ts';
import { checkPath } from '../storage-path.ts';
import { parseAzureAddress } from './address.ts';
import { openContainer } from './credentials.ts';
import { streamBlob } from './downloads.ts';
import type { Environment } from './find-credentials.ts';
import { listBlobs, listFolders } from './listing.ts';
import { openRequests, type RequestOptions } from './requests.ts';

/** Prefix of environment variables with credentials for landing containers only. */
const VARIABLE_PREFIX = 'LANDING_';

/** `address`: the container, without a path. */
export async function openAzureLanding(
  address: string,
  options: RequestOptions & { env: Environment },
): Promise<Landing> {
  const parsed = parseAzureAddress(address);
  const container = await openContainer(parsed, landingEnvironment(options.env));
  const requests = openRequests(parsed, options);
  return {
    url: parsed.url,
    async *list(prefix) {
      for await (const blob of listBlobs(container, prefix, requests)) {
        if (!blob.isFolder) {
          const { path, sizeBytes, etag, isArchived } = blob;
          yield { path, sizeBytes, etag, isArchived };
        }
      }
    },
    listFolders: (prefix) => listFolders(container, prefix, requests),
    async *readStream({ path, etag }) {
      checkPath(path);
      const blob = container.getBlockBlobClient(path);
      try {
        yield* streamBlob({ blob, path, requests });
      } catch (error) {
        const found = await requests.run('read', path, ({ signal }) =>
          blob.getProperties({ abortSignal: signal }),
        );
        throw found.etag?.replace(/^"|"$/g, '') === etag ? error : replaced(path, error);
      }
    },
    close: () => requests.stop(),
  };
}

function replaced(path: string, cause: unknown): ClicklakeError {
  return new ClicklakeError('input_refused', `${path} was replaced while it was read`, {
    hint: 'the next ingest reads the new content',
    cause,
  });
}

/**
 * If one of the prefixed variables is set, the lake's credentials are not used: they may belong to
 * another account.
 */
function landingEnvironment(env: Environment): Environment {
  const own = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(`${VARIABLE_PREFIX}AZURE_STORAGE_`) && value
      ? [[name.slice(VARIABLE_PREFIX.length), value]]
      : [],
  );
  if (own.length === 0) {
    return env;
  }
  const others = Object.entries(env).filter(([name]) => !name.startsWith('AZURE_STORAGE_'));
  return Object.fromEntries([...others, ...own]);
}
