import { ClicklakeError } from '../errors.ts';
import { corrupt } from './corrupt.ts';

/**
 * In the log, `add.path` is a URL-encoded relative path (PROTOCOL.md, "Add File and Remove File");
 * everywhere else in Clicklake paths are decoded. A file with the name `a%3Ab` is encoded as
 * `a%253Ab`.
 */
export function encodeFilePath(path: string): string {
  return encodeURI(path).replace(/[?#:]/g, (sign) => encodeURIComponent(sign));
}

/** Throws `unsupported_table_feature` for a file outside the table (a shallow clone). */
export function decodeFilePath(encoded: string, where: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(encoded) || encoded.startsWith('/')) {
    throw new ClicklakeError(
      'unsupported_table_feature',
      `${where} names a data file outside its table: ${encoded}`,
      { hint: 'tables made by a shallow clone are not supported; copy the table instead' },
    );
  }
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch (cause) {
    throw corrupt(where, `the path ${encoded} is not a URI`, cause);
  }
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw corrupt(where, `the path ${encoded} is not inside the table`);
  }
  return path;
}
