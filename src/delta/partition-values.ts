import { ClicklakeError } from '../errors.ts';
import type { PrimitiveType } from './schema.ts';
import { type ColumnValue, parseValue } from './values.ts';

/**
 * A partition value in the log's format (PROTOCOL.md, "Partition Value Serialization"): null and
 * the empty string both become null; timestamps are UTC with microseconds. Accepts the engine's
 * text or a value of values.ts. Throws `unexpected` if it is not a value of this type.
 */
export function partitionValueToText(
  type: PrimitiveType,
  value: ColumnValue | boolean | null,
): string | null {
  if (value === null || value === '') {
    return null;
  }
  const parsed =
    typeof value === 'bigint' && isTimestamp(type) ? value : parseValue(type, String(value));
  if (parsed === undefined) {
    throw new ClicklakeError('unexpected', `not a partition value of type ${type}: ${value}`);
  }
  if (typeof parsed === 'bigint' && isTimestamp(type)) {
    return microsToText(parsed) + (type === 'timestamp' ? 'Z' : '');
  }
  return String(parsed);
}

function isTimestamp(type: PrimitiveType): boolean {
  return type === 'timestamp' || type === 'timestamp_ntz';
}

function microsToText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - fraction) / 1_000_000n);
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${text}.${String(fraction).padStart(6, '0')}`;
}
