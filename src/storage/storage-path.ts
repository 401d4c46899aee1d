import { ClicklakeError } from '../errors.ts';

/** The folder at the lake's root that holds work in progress; never listed. */
export const WORK_FOLDER = '_work';

/** Whether a path can neither leave the lake nor name a file of it in two ways (see storage.ts). */
export function isSoundPath(path: string): boolean {
  return (
    path !== '' &&
    !path.includes('\0') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** Refuses a path that is not sound. */
export function checkPath(path: string): void {
  if (isSoundPath(path)) {
    return;
  }
  throw new ClicklakeError(
    'storage_failed',
    `not a path inside the lake: ${JSON.stringify(path)}`,
    {
      hint: 'a path is relative, separated by single slashes, without `.` and `..`',
    },
  );
}

/** Ascending order of the UTF-8 bytes, which JavaScript's own string order is not. */
export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
