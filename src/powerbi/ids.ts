/** Identifiers that follow from names, so that a project made again has the same ones. */
import { createHash } from 'node:crypto';

/** A GUID made of what a thing is and how it is called (RFC 9562, version 8). */
export function guidOf(kind: string, name: string): string {
  const bytes = createHash('sha256').update(`clicklake/powerbi/${kind}/${name}`).digest();
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}
