/**
 * One hash for the content of a table: its columns' names and types in their order, and its rows in
 * any order. Two tables with the same hash hold the same rows, whoever wrote them, in whatever files.
 *
 * A row is hashed with SHA-256 and the hashes are added up modulo 2^256, so a row counts as often as it
 * is there. The table's hash is the SHA-256 of the columns (`name type`, one a line), the number of
 * rows, and the sum in hexadecimal, each followed by a line feed. What a cell contributes to its row
 * is its length in UTF-8 bytes, a colon and its text (see `cellText`), and a dash for null.
 */
import { createHash, hash } from 'node:crypto';
import type { TableValue } from './canonical-row.ts';

export interface HashedColumn {
  name: string;
  /** As Delta Lake names it. */
  type: string;
}

export interface ContentHash {
  rowCount: number;
  /** SHA-256, in hexadecimal. */
  sha256: string;
}

export interface ContentHasher {
  /** Values in the order of the columns; timestamps in microseconds, decimals and dates as text. */
  add(row: readonly TableValue[]): void;
  finish(): ContentHash;
}

export function createContentHasher(columns: readonly HashedColumn[]): ContentHasher {
  let rowCount = 0;
  let sum = 0n;
  return {
    add(row) {
      let text = '';
      for (let index = 0; index < columns.length; index += 1) {
        const value = row[index] ?? null;
        if (value === null) {
          text += '-';
          continue;
        }
        const cell = cellText(columns[index]!.type, value);
        text += `${Buffer.byteLength(cell)}:${cell}`;
      }
      rowCount += 1;
      sum = BigInt.asUintN(256, sum + BigInt(`0x${hash('sha256', text)}`));
    },
    finish() {
      const lines = [
        ...columns.map(({ name, type }) => `${name} ${type}`),
        String(rowCount),
        sum.toString(16).padStart(64, '0'),
      ];
      const sha256 = createHash('sha256')
        .update(`${lines.join('\n')}\n`)
        .digest('hex');
      return { rowCount, sha256 };
    },
  };
}

/**
 * Text as it is; integers and timestamps (microseconds since 1970) in decimal digits; decimals with all
 * digits of their scale; dates as `yyyy-mm-dd`; `true` and `false`; floating-point numbers as the 16
 * hexadecimal digits of their 64 bits, zero without a sign and every NaN alike.
 */
function cellText(type: string, value: string | number | bigint | boolean): string {
  if (type !== 'double' && type !== 'float') {
    return String(value);
  }
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(Number(value) || (Number.isNaN(Number(value)) ? Number.NaN : 0));
  return bits.toString('hex');
}
