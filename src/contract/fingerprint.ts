import { createHash } from 'node:crypto';

/** A short text that is another when one of the values is. */
export function fingerprint(values: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
}
