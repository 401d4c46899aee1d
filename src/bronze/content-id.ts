/** The id of a record that comes without one. */
import { hash } from 'node:crypto';

export const CONTENT_ID_DIGITS = 32;

/**
 * The first 128 bits of the SHA-256 of the record, in hexadecimal. The record must have no white
 * space around it.
 */
export function contentId(record: Uint8Array): string {
  return hash('sha256', record, 'hex').slice(0, CONTENT_ID_DIGITS);
}
