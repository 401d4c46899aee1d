/**
 * Converts engine values to JSON without loss: numbers beyond JavaScript's precision become
 * strings.
 */

/** Dates and timestamps become ISO 8601, decimals and large integers their digits. */
export function toJsonValue(value: unknown): unknown {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value);
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : String(value);
  }
  if (typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(toJsonValue);
  }
  // DuckDB counts intervals and times of day in microseconds too.
  if (/^DuckDB(Interval|Time|TimeTZ)Value$/.test(value.constructor.name)) {
    return String(value);
  }
  if ('micros' in value && typeof value.micros === 'bigint') {
    return microsToIso(value.micros);
  }
  if ('items' in value && Array.isArray(value.items)) {
    return value.items.map(toJsonValue);
  }
  if ('entries' in value && typeof value.entries === 'object' && value.entries !== null) {
    return structToJson(value.entries);
  }
  return String(value);
}

function structToJson(entries: object): unknown {
  if (!Array.isArray(entries)) {
    return Object.fromEntries(
      Object.entries(entries).map(([key, each]) => [key, toJsonValue(each)]),
    );
  }
  return Object.fromEntries(
    entries.map(({ key, value }) => [String(toJsonValue(key)), toJsonValue(value)]),
  );
}

/** `2026-01-31T23:59:59.123456Z`, without the fraction when it is zero. */
export function microsToIso(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - fraction) / 1_000_000n);
  const whole = new Date(seconds * 1000);
  if (Number.isNaN(whole.getTime())) {
    return `${micros} microseconds`;
  }
  const text = whole.toISOString().slice(0, -5);
  return fraction === 0n ? `${text}Z` : `${text}.${String(fraction).padStart(6, '0')}Z`;
}
