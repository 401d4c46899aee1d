import { ClicklakeError } from '../errors.ts';

/** The folder for work in progress, at the lake's root. Never listed. */
export const WORK_FOLDER = '_work';

/** Whether a path stays within the lake and is the only spelling of its file (see storage.ts). */
export function isSoundPath(path: string): boolean {
  return (
    path !== '' &&
    !path.includes('\0') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** Throws if a path is not sound. */
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

/** Compares by UTF-8 bytes, which differs from JavaScript's string order. Both must be well-formed. */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const ofLeft = left.charCodeAt(index);
    const ofRight = right.charCodeAt(index);
    if (ofLeft !== ofRight) {
      return byteRank(ofLeft) - byteRank(ofRight);
    }
  }
  return left.length - right.length;
}

/** UTF-8 has the code points that UTF-16 writes as two surrogates after all others. */
function byteRank(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit < 0xe000 ? codeUnit + 0x10000 : codeUnit;
}
