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
  'the lake must be a folder that can be made and written to; name another one';

/** The system's error code (`ENOENT` …) of a thrown value, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) {
    return undefined;
  }
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether there is simply no such file. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function isDiskFull(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'disk_full';
}

/**
 * Translates what the file system threw while `action` was done to `path`. Nothing can be missing of
 * what is about to be made: there it is the place that is no good.
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

/** The error for a file of the lake that is not as it was left: it is gone, or has another size or content. */
export function otherFile(
  path: string,
  what = 'is not the file that was written there',
): ClicklakeError {
  return new ClicklakeError('storage_failed', `${path} ${what}`, {
    hint: 'files of a lake are never changed: put it back; Silver and Gold can also be rebuilt with `clicklake run --full-refresh`',
  });
}

/** `ENOENT: no such file or directory, open '/x'` without its code and its repetition of the path. */
function plainReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[A-Z0-9]+: (.+?), \w+(?: '.*)?$/s, '$1');
}
