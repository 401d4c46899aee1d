/**
 * One hash for the content of a table: names and types of its columns in order, and its rows in any
 * order. Tables with the same hash have the same rows, whichever engine wrote them and in whatever
 * files.
 *
 * Each row is hashed with SHA-256, and the hashes are added modulo 2^256, so repeated rows count.
 * The table's hash is the SHA-256 of the columns (`name type`, one per line), the number of rows,
 * and the sum in hexadecimal, each followed by a line feed. In the input of a row's hash, a cell is
 * its length in UTF-8 bytes, a colon and its text (see `cellText`); null is a dash.
 */
import { createHash, hash } from 'node:crypto';
import type { TableValue } from './canonical-row.ts';

export interface HashedColumn {
  name: string;
  /** The type's name in Delta Lake. */
  type: string;
}

export interface ContentHash {
  rowCount: number;
  /** SHA-256, in hexadecimal. */
  sha256: string;
}

export interface ContentHasher {
  /**
   * Adds a row. Values are in column order; timestamps in microseconds, decimals and dates as text.
   */
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
 * Text unchanged; integers and timestamps (microseconds since 1970) in decimal digits; decimals
 * with all digits of their scale; dates as `yyyy-mm-dd`; `true` and `false`; floating-point numbers
 * as the 16 hexadecimal digits of their 64 bits, with a single form for zero and for NaN.
 */
function cellText(type: string, value: string | number | bigint | boolean): string {
  if (type !== 'double' && type !== 'float') {
    return String(value);
  }
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(Number(value) || (Number.isNaN(Number(value)) ? Number.NaN : 0));
  return bits.toString('hex');
}
