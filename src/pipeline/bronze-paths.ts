/** Names of files in Bronze. */

export const BRONZE_ROOT = 'bronze/';

/**
 * Storage services allow names of 255 bytes. This leaves room for the hash that tells two files of
 * the same name apart.
 */
const MAX_NAME_LENGTH = 200;

/**
 * A file name that is safe in every storage and does not look like a hidden or unfinished file. The
 * extension is kept, because it says how the file is compressed.
 */
export function safeFileName(name: string): string {
  const ending = /(?:\.[A-Za-z0-9]{1,16})?(?:\.gz|\.zst)?$/.exec(name)?.[0] ?? '';
  const stem = name
    .slice(0, name.length - ending.length)
    .replace(/[^\w.=+ -]/g, '_')
    .slice(ending.length - MAX_NAME_LENGTH)
    .replace(/^[._ ]+/, '')
    .replace(/[. ]+$/, '');
  const safe = `${stem === '' ? 'file' : stem}${ending}`;
  return isUnfinishedName(safe) ? safe.replace(/\.(\w+)$/, '_$1') : safe;
}

/**
 * The source of a file in Bronze: the first folder of its path. Undefined if the file holds no
 * events: the files of the ledger, hidden files, and files that another tool is still writing.
 */
export function sourceOfBronzePath(path: string): string | undefined {
  const parts = path.slice(BRONZE_ROOT.length).split('/');
  const [source, ...rest] = parts;
  if (source === undefined || rest.length === 0) {
    return undefined;
  }
  if (parts.some((part) => part.startsWith('_') || part.startsWith('.'))) {
    return undefined;
  }
  return isUnfinishedName(parts.at(-1) ?? '') ? undefined : source;
}

/**
 * Whether the file lies directly in `bronze/`, but would be read as events if it were in a source's
 * folder.
 */
export function hasNoSource(path: string): boolean {
  const name = path.slice(BRONZE_ROOT.length);
  return !name.includes('/') && sourceOfBronzePath(`${BRONZE_ROOT}any/${name}`) !== undefined;
}

function isUnfinishedName(name: string): boolean {
  return /\.(tmp|part|partial|crdownload|crc|swp)$|~$/i.test(name);
}
