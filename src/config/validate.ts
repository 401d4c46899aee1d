/** Turns validation errors into a message with the place and a hint. */
import type { z } from 'zod';
import { ClicklakeError } from '../errors.ts';
import { findNearest } from './nearest.ts';
import { type ConfigFile, configSchema, listSettingKeys, MAPPING_KEYS } from './schema.ts';

type KeyPath = readonly PropertyKey[];

/** Gives the place of a value, for messages: `clicklake.yaml:7:3`, `CLICKLAKE_THREADS`. */
export type Locate = (path: KeyPath, part: 'key' | 'value') => string;

/**
 * Returns the validated values. Throws `config_invalid` for the first problem; the message counts
 * the others.
 */
export function validateConfig(values: unknown, locate: Locate): ConfigFile {
  const result = configSchema.safeParse(values);
  if (result.success) {
    return result.data;
  }
  const [first, ...others] = result.error.issues.map((issue) => explain(issue, values, locate));
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new ClicklakeError('config_invalid', `${first!.message}${more}`, { hint: first!.hint });
}

function explain(
  issue: z.core.$ZodIssue,
  values: unknown,
  locate: Locate,
): { message: string; hint: string } {
  if (issue.code === 'unrecognized_keys') {
    return explainUnknownKey([...issue.path, issue.keys[0]!], locate);
  }
  const name = issue.path.join('.');
  if (issue.code === 'custom' && issue.params?.subject === 'key') {
    return {
      message: `${locate(issue.path, 'key')}: ${name} must be ${issue.message}`,
      hint: 'rename it',
    };
  }
  if (issue.path.length === 0 || isSection(issue.path)) {
    const subject = name === '' ? 'the file' : name;
    return {
      message: `${locate(issue.path, 'value')}: ${subject} must be a map of keys and values`,
      hint: 'clicklake init writes an example of every key',
    };
  }
  const found = showValue(valueAt(values, issue.path));
  return {
    message: `${locate(issue.path, 'value')}: ${name} must be ${issue.message}, not ${found}`,
    hint: 'see docs/operations.md for every key and its values',
  };
}

function explainUnknownKey(path: KeyPath, locate: Locate): { message: string; hint: string } {
  const key = String(path.at(-1));
  const section = path.slice(0, -1).join('.');
  const siblings = listSiblings(section);
  const nearest = findNearest(key, siblings);
  const isInSource = path.length > 1 && path[0] === 'sources';
  const elsewhere = isInSource
    ? undefined
    : listSettingKeys().find((known) => known.path.at(-1) === key);
  const inSection = section === '' ? '' : ` in ${section}`;
  let hint = `known keys${inSection}: ${siblings.join(', ')}`;
  if (elsewhere !== undefined) {
    const home = elsewhere.path.slice(0, -1).join('.');
    hint = home === '' ? `"${key}" belongs at the top of the file` : `"${key}" belongs in ${home}`;
  } else if (nearest !== undefined) {
    hint = `did you mean "${nearest}"?`;
  }
  return { message: `${locate(path, 'key')}: unknown key "${key}"${inSection}`, hint };
}

function listSiblings(section: string): readonly string[] {
  if (section.startsWith('sources.')) {
    return MAPPING_KEYS;
  }
  const names = listSettingKeys().flatMap(({ path }) => {
    const parent = path.slice(0, -1).join('.');
    if (parent === section) {
      return [path.at(-1)!];
    }
    return section === '' ? [path[0]!] : [];
  });
  return [...new Set(names)];
}

function isSection(path: KeyPath): boolean {
  return (
    path.length === 1 &&
    listSettingKeys().some((key) => key.path.length > 1 && key.path[0] === path[0])
  );
}

function valueAt(values: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    values,
  );
}

function showValue(value: unknown): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty list' : 'this list';
  }
  if (value !== null && typeof value === 'object') {
    return 'a map';
  }
  const shown = JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}
