/** The mappings of all sources of a configuration, by numbers that stand for them in tables of lines. */
import { createHash } from 'node:crypto';
import {
  hasEventRules,
  isPlain,
  type Mapping,
  type MappingText,
  PLAIN_MAPPING,
  readMapping,
} from './mapping.ts';
import { readPreset } from './presets.ts';

export interface SourceMappings {
  /** By number; 0 is that of sources that the configuration does not name. */
  list: readonly Mapping[];
  /** Those that the configuration names. */
  sources: readonly string[];
  numberOf(source: string): number;
  /** Tells two mappings apart that read records in different ways; null: the plain one. */
  fingerprintOf(source: string): string | null;
}

/** `texts` are valid (config/check-sources.ts), by source; `extraColumns` are names of silver.extra_columns. */
export function compileSources(
  texts: Readonly<Record<string, MappingText>>,
  extraColumns: readonly string[],
): SourceMappings {
  const sources = Object.keys(texts);
  const compiled = Object.values(texts).map(
    (text) => readMapping(text, extraColumns, presetOf(text)).mapping,
  );
  const plain = extraColumns.length === 0 ? PLAIN_MAPPING : readMapping({}, extraColumns).mapping;
  const list = [plain, ...compiled];
  const numberOf = (source: string): number => sources.indexOf(source) + 1;
  return {
    ...{ list, sources, numberOf },
    fingerprintOf(source) {
      const mapping = list[numberOf(source)] ?? plain;
      return isPlain(mapping) && !hasEventRules(mapping) ? null : fingerprint(mapping);
    },
  };
}

function presetOf({ preset }: MappingText): MappingText {
  return preset === undefined ? {} : (readPreset(preset) ?? {});
}

/** Of everything but the format, which only says how to find the records. */
function fingerprint(mapping: Mapping): string {
  const { format: _, ...rest } = mapping;
  const text = JSON.stringify(rest, (_key, value: unknown) => {
    if (value instanceof Map) {
      return [...value].toSorted(([a], [b]) => (a < b ? -1 : 1));
    }
    return value instanceof Set ? [...value].toSorted() : value;
  });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
