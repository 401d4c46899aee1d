/** Compiles the mappings of all sources, and numbers them for use in tables of lines. */
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
  /** Indexed by mapping number. Number 0 is for sources without a mapping. */
  list: readonly Mapping[];
  /** Sources with a mapping in the configuration. */
  sources: readonly string[];
  numberOf(source: string): number;
  /** Differs for mappings that read records differently; null: the plain mapping. */
  fingerprintOf(source: string): string | null;
}

/**
 * `texts`: valid mappings by source (config/check-sources.ts). `extraColumns`: the names of
 * silver.extra_columns.
 */
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

/** Covers everything except the format, which does not change how a record is read. */
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
