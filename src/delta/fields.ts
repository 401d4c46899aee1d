import { corrupt } from './corrupt.ts';
import type { JsonObject, JsonValue } from './exact-json.ts';

/**
 * Reads the fields of one action and checks their types. Null counts as absent, because in Parquet
 * checkpoints absent fields are null. `where` names the action in errors.
 */
export interface Fields {
  readonly where: string;
  optional<T>(name: string, read: (value: JsonValue, where: string) => T): T | undefined;
  required<T>(name: string, read: (value: JsonValue, where: string) => T): T;
}

/**
 * Opens an action for reading. The readers of fields below throw `table_corrupt` if a value has
 * another type.
 */
export function fieldsOf(value: JsonValue, where: string): Fields {
  const object = asObject(value, where);
  const optional: Fields['optional'] = (name, read) => {
    const field = object[name];
    return field === undefined || field === null ? undefined : read(field, `${where}.${name}`);
  };
  return {
    where,
    optional,
    required(name, read) {
      const field = optional(name, read);
      if (field === undefined) {
        throw corrupt(where, `the field ${name} is missing`);
      }
      return field;
    },
  };
}

export function asObject(value: JsonValue, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw corrupt(where, 'an object is expected');
}

export function asString(value: JsonValue, where: string): string {
  if (typeof value === 'string') {
    return value;
  }
  throw corrupt(where, 'a string is expected');
}

export function asBoolean(value: JsonValue, where: string): boolean {
  if (typeof value === 'boolean') {
    return value;
  }
  throw corrupt(where, 'true or false is expected');
}

export function asInteger(value: JsonValue, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    return value;
  }
  throw corrupt(where, `an integer below 2^53 is expected, not ${String(value)}`);
}

export function asStrings(value: JsonValue, where: string): string[] {
  if (!Array.isArray(value)) {
    throw corrupt(where, 'a list is expected');
  }
  return value.map((item: JsonValue) => asString(item, where));
}

/** A map of strings, whose values may be null. */
export function asTexts(value: JsonValue, where: string): Record<string, string | null> {
  const texts: Record<string, string | null> = {};
  for (const [key, text] of Object.entries(asObject(value, where))) {
    define(texts, key, text === null || text === undefined ? null : asString(text, where));
  }
  return texts;
}

/** A map of strings; null entries are omitted. */
export function asStringMap(value: JsonValue, where: string): Record<string, string> {
  const map: Record<string, string> = {};
  for (const [key, text] of Object.entries(asTexts(value, where))) {
    if (text !== null) {
      define(map, key, text);
    }
  }
  return map;
}

/**
 * Sets a key that comes from a file. Plain assignment would change the prototype for `__proto__`.
 */
function define<T>(target: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
