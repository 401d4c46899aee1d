/** Reads settings from environment variables: `CLICKLAKE_` and the key's path in upper case. */
import { parseDocument } from 'yaml';
import { ClicklakeError } from '../errors.ts';
import { findNearest } from './nearest.ts';
import { type ConfigFile, listSettingKeys, type SettingKey } from './schema.ts';
import { validateConfig } from './validate.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Gives the path of the configuration file, like `--config`. */
export const CONFIG_VARIABLE = 'CLICKLAKE_CONFIG';

/**
 * Reads the settings from the environment. Lists and maps are written as YAML: `[page_view,
 * purchase]`, `{campaign: string}`. An empty variable counts as not set. An unknown `CLICKLAKE_`
 * variable is an error if it looks like a misspelled setting, and ignored otherwise.
 */
export function readEnvironment(env: Environment): ConfigFile {
  const keys = listSettingKeys();
  refuseMistypedNames(env, keys);
  const values: Record<string, unknown> = {};
  for (const key of keys) {
    const raw = env[key.variable];
    if (raw !== undefined && raw !== '') {
      const parent = key.path.slice(0, -1).reduce((section, name) => {
        section[name] ??= {};
        return section[name] as Record<string, unknown>;
      }, values);
      parent[key.path.at(-1)!] = key.isText ? raw : parseValue(key.variable, raw);
    }
  }
  return validateConfig(values, (path) => variableOf(keys, path));
}

function parseValue(variable: string, raw: string): unknown {
  const document = parseDocument(raw, { prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ClicklakeError('config_invalid', `${variable} cannot be read as YAML: ${raw}`, {
      hint: 'write lists as [a, b] and maps as {a: b}',
    });
  }
  return document.toJS();
}

function refuseMistypedNames(env: Environment, keys: readonly SettingKey[]): void {
  const known = new Set([CONFIG_VARIABLE, ...keys.map((key) => key.variable)]);
  for (const name of Object.keys(env)) {
    if (name.startsWith('CLICKLAKE_') && !known.has(name)) {
      const ending = name.slice('CLICKLAKE_'.length);
      const endings = [...known].map((variable) => variable.slice('CLICKLAKE_'.length));
      const nearest = findNearest(ending, endings);
      if (nearest !== undefined) {
        throw new ClicklakeError('config_invalid', `there is no setting ${name}`, {
          hint: `did you mean CLICKLAKE_${nearest.toUpperCase()}?`,
        });
      }
    }
  }
}

function variableOf(keys: readonly SettingKey[], path: readonly PropertyKey[]): string {
  const key = keys.find((candidate) => candidate.path.every((name, depth) => name === path[depth]));
  return key?.variable ?? 'the environment';
}
