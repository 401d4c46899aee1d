import { createHash } from 'node:crypto';

/** A short text that changes if one of the values changes. */
export function fingerprint(values: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 16);
}
