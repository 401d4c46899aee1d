/** The built-in mappings for known senders: presets/<name>.yaml. */
import { readdirSync, readFileSync } from 'node:fs';
import type { MappingText } from './mapping.ts';
import { parseYaml } from './yaml-document.ts';

const PRESETS = new URL('../../presets/', import.meta.url);

/** The preset for records with the contract's own field names. */
export const PLAIN_PRESET = 'clicklake';

/** The names of the presets in alphabetical order. */
export function listPresets(): string[] {
  const files = readdirSync(PRESETS).filter((name) => name.endsWith('.yaml'));
  return [PLAIN_PRESET, ...files.map((name) => name.slice(0, -'.yaml'.length))].toSorted();
}

/** Undefined: there is no such preset. */
export function readPreset(name: string): MappingText | undefined {
  if (name === PLAIN_PRESET) {
    return {};
  }
  if (!listPresets().includes(name)) {
    return undefined;
  }
  const file = `${name}.yaml`;
  const { document } = parseYaml(readFileSync(new URL(file, PRESETS), 'utf8'), `presets/${file}`);
  return document.toJS() as MappingText;
}
