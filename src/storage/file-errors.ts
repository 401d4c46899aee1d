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
  not_found: 'Check the path; another process may have removed the file.',
  disk_full: 'Free some space (`clicklake maintain` removes files no longer needed) and run again.',
  permission_denied: 'Give this user the right to read and write the lake folder.',
  storage_failed: 'Check the disk and the mount, then run again.',
};

/** The system's error code (`ENOENT` …) of a thrown value, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether there is simply no such file. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Translates what the file system threw while `action` was done to `path`. */
export function fileError(action: string, path: string, error: unknown): ClicklakeError {
  if (error instanceof ClicklakeError) return error;
  const systemName = systemCode(error);
  const code = (systemName && CODE_OF[systemName]) || 'storage_failed';
  const reason = error instanceof Error ? error.message : String(error);
  const hint = HINT_OF[code];
  return new ClicklakeError(code, `Cannot ${action} ${path}: ${reason}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
