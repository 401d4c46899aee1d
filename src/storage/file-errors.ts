import { ClicklakeError, type ErrorCode } from '../errors.ts';

const CODE_OF: Record<string, ErrorCode> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_found',
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EROFS: 'permission_denied',
};

const HINT_OF: Partial<Record<ErrorCode, string>> = {
  not_found: 'check the path; another process may have removed the file',
  disk_full: 'free some space (`clicklake maintain` removes files no longer needed) and run again',
  permission_denied: 'give this user the right to read and write the lake folder',
  storage_failed: 'check the disk and the mount, then run again',
};

const BAD_PLACE_HINT =
  'the lake must be a folder that can be created and written; choose another one';

/** The error code of the system (`ENOENT` …) of a thrown value, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) {
    return undefined;
  }
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the error means that the file does not exist. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function isDiskFull(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'disk_full';
}

/**
 * Translates an error of the file system. `action` and `path` describe what failed. A missing path
 * while creating something means that the lake's folder is unusable.
 */
export function fileError(action: string, path: string, error: unknown): ClicklakeError {
  if (error instanceof ClicklakeError) {
    return error;
  }
  const systemName = systemCode(error);
  const known = (systemName && CODE_OF[systemName]) || 'storage_failed';
  const isBadPlace = known === 'not_found' && (action === 'create' || action === 'write');
  const code = isBadPlace ? 'storage_failed' : known;
  const hint = isBadPlace ? BAD_PLACE_HINT : HINT_OF[code];
  return new ClicklakeError(code, `cannot ${action} ${path}: ${plainReason(error)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/**
 * The error for a file of the lake that is missing, or has another size or content than when it was
 * written.
 */
export function otherFile(
  path: string,
  what = 'is not the file that was written there',
): ClicklakeError {
  return new ClicklakeError('storage_failed', `${path} ${what}`, {
    hint: 'files of a lake must not change: restore the file; Silver and Gold can also be rebuilt with `clicklake run --full-refresh`',
  });
}

/**
 * The message without its code and path: `ENOENT: no such file or directory, open '/x'` becomes `no
 * such file or directory`.
 */
function plainReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[A-Z0-9]+: (.+?), \w+(?: '.*)?$/s, '$1');
}
