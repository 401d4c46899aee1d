/** Proposes a mapping for a source from samples of its files. Writes nothing. */
import { type Mapping, type MappingText, readMapping } from '../mapping/mapping.ts';
import { formatPath, type Path } from '../mapping/path.ts';
import { listPresets, PLAIN_PRESET, readPreset } from '../mapping/presets.ts';
import { guessMapping } from '../mapping/propose.ts';
import type { TypeNames } from '../mapping/propose-event-types.ts';
import { choosePreset } from '../mapping/propose-preset.ts';
import { isObject, type Json, type JsonObject } from '../mapping/propose-survey.ts';
import type { IngestInput } from './ingest.ts';
import { type JudgedRecords, judgeRecords, type RecordRules } from './judge-records.ts';
import { SAMPLE_RECORDS, sampleRecords } from './sample-records.ts';
import { listUnmappedPaths, type UnmappedPath } from './unmapped-paths.ts';
import { countUsedPaths, type UsedPaths } from './used-paths.ts';

const PROBE_RECORDS = 200;

export interface Proposal {
  /** The mapping as it would stand in clicklake.yaml. */
  text: MappingText;
  mapping: Mapping;
  /** The outcome of the sampled records with this mapping. */
  judged: JudgedRecords;
  /** The paths that the values of the fields come from. */
  used: UsedPaths[];
  /** What the records have beside them. */
  unmapped: UnmappedPath[];
  /** Other presets, and how many of the records each accepts. */
  presets: { name: string; accepted: number }[];
  /** Paths whose name matches a field that was not found, but whose values do not. */
  unlike: { field: string; path: string; value: string }[];
  /**
   * Arrays of which only one element is read as the event, and the number of records with more
   * elements.
   */
  furtherEvents: { path: string; records: number }[];
}

/** Whether most records would be quarantined. Such a mapping is probably wrong. */
export function takesFew({ judged: { records, valid, ignored } }: Proposal): boolean {
  return valid + ignored < records / 2;
}

export interface ProposeOptions {
  /** Event types and aliases, by their lower-case spelling. */
  types: TypeNames;
  nowMs: number;
}

/**
 * Reads the first records of the files. Throws `input_refused` if a file cannot be read. If no
 * record becomes an event, `refusalOf` has the reason.
 */
export async function proposeMapping(
  inputs: readonly IngestInput[],
  { types, nowMs }: ProposeOptions,
): Promise<Proposal> {
  const files = await sampleRecords(inputs, SAMPLE_RECORDS);
  return proposeFor(files, { types, receivedAtMicros: BigInt(nowMs) * 1000n });
}

/**
 * The same for records in memory, grouped by file; each is one line including its LF.
 */
export function proposeFor(files: readonly Buffer[][], rules: RecordRules): Proposal {
  const objects = files.flat().flatMap(parseObject);
  const guess = guessMapping(
    objects.map(({ value }) => value),
    rules.types,
    listMissing(),
  );
  const guessed = candidateOf(guess.mapping, {}, files, rules);
  const presets = listPresets()
    .filter((name) => name !== PLAIN_PRESET && mayFit(name, files.flat(), rules))
    .map((name) => {
      const candidate = candidateOf({ preset: name }, readPreset(name) ?? {}, files, rules);
      return { name, fit: candidate.judged, ...candidate };
    });
  const best = hasOwnNames(guess.mapping)
    ? undefined
    : choosePreset(presets, guessed.judged, guessed.judged.records);
  const { text, mapping, judged } = best ?? guessed;
  return {
    ...{ text, mapping, judged },
    used: countUsedPaths(
      objects.map((each) => each.text),
      mapping,
    ),
    unmapped: listUnmappedPaths(guess.survey, mapping),
    presets: presets
      .map(({ name, fit }) => ({ name, accepted: fit.valid + fit.ignored }))
      .filter(({ accepted }) => accepted > 0),
    unlike: best === undefined ? guess.unlike : [],
    furtherEvents: countFurtherEvents(objects, mapping),
  };
}

/** The texts that any preset treats as a missing value. A guess should not take them for values. */
function listMissing(): Set<string> {
  return new Set(listPresets().flatMap((name) => readPreset(name)?.missing ?? []));
}

/**
 * Whether any record of a small sample fits the preset. Most presets fit none, so this is cheap.
 */
function mayFit(preset: string, lines: readonly Buffer[], rules: RecordRules): boolean {
  const step = Math.ceil(lines.length / PROBE_RECORDS);
  const some = lines.filter((_, index) => index % step === 0);
  const { judged } = candidateOf({ preset }, readPreset(preset) ?? {}, [some], rules);
  return judged.valid + judged.ignored > 0;
}

/**
 * Whether the mapping uses only the contract's own field names. Then no other preset is more
 * likely.
 */
function hasOwnNames({ fields = {} }: MappingText): boolean {
  return Object.entries(fields).every(([name, path]) => path === name);
}

function candidateOf(
  text: MappingText,
  preset: MappingText,
  files: readonly Buffer[][],
  rules: RecordRules,
): Pick<Proposal, 'text' | 'mapping' | 'judged'> {
  const { mapping } = readMapping(text, [], preset);
  return { text, mapping, judged: judgeRecords(files, mapping, rules) };
}

function countFurtherEvents(
  objects: readonly { value: JsonObject }[],
  { fields }: Mapping,
): Proposal['furtherEvents'] {
  return (fields.get('event_type') ?? []).flatMap((path) => {
    const at = path.findIndex(({ kind }) => kind === 'index');
    if (at === -1) {
      return [];
    }
    const list = path.slice(0, at);
    const records = objects.filter(({ value }) => {
      const found = valueAt(value, list);
      return Array.isArray(found) && found.length > 1;
    }).length;
    return records === 0 ? [] : [{ path: formatPath(list), records }];
  });
}

/** The value at a path; undefined if a step of the path is not a key. */
function valueAt(record: JsonObject, path: Path): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, step) => (isObject(value) && step.kind === 'key' ? value[step.key] : undefined),
    record,
  );
}

function parseObject(line: Buffer): { text: string; value: JsonObject }[] {
  const text = line.toString('utf8');
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? [{ text, value }] : [];
  } catch {
    return [];
  }
}
