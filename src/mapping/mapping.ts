/**
 * Mappings: where the records of a source have the fields of the event contract. A mapping is data.
 * Presets, the configuration and proposals all have this form.
 */
import { comparableType } from '../contract/event-type.ts';
import { CONTRACT_FIELDS, FIELD_NAMES, type FieldKind } from '../contract/fields.ts';
import { type Path, parsePath } from './path.ts';
import { looksLikeInstant, looksLikeNumber } from './propose-values.ts';

export const ITEM_FIELDS = [
  'product_id',
  'product_name',
  'category',
  'brand',
  'variant',
  'price',
  'quantity',
] as const;

export type ItemField = (typeof ITEM_FIELDS)[number];

/** File formats. If a mapping names none, the format is detected for each file. */
export const FORMAT_NAMES = ['json', 'csv', 'parquet', 'avro', 'event_hubs_capture'] as const;

/** A mapping as it is written. All keys are optional. */
export interface MappingText {
  preset?: string | undefined;
  format?: (typeof FORMAT_NAMES)[number] | undefined;
  /** Where the sender leaves its files (landing-pattern.ts). */
  landing?: string | undefined;
  /**
   * By contract field or declared extra column: one or several paths. The first value that is not
   * missing is used.
   */
  fields?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** By contract field: the value if no path has one. */
  constants?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Texts that count as a missing value. */
  missing?: readonly string[] | undefined;
  event_id?: 'sent' | 'content' | undefined;
  event_types?: Readonly<Record<string, string>> | undefined;
  ignore?: readonly string[] | undefined;
  unknown_event_types?: 'keep' | 'quarantine' | undefined;
  session_scope?: 'source' | 'visitor' | undefined;
  items?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

export type ItemPaths = Readonly<Partial<Record<ItemField, readonly Path[]>>>;

export interface Items {
  /** Paths of arrays of objects. The first array with an item is used. */
  from: readonly Path[];
  /** Paths of the fields within such an object. */
  fields: ItemPaths;
  /**
   * Paths of parallel arrays of the record, without the last step. Used if no array of objects has
   * an item.
   */
  arrays: ItemPaths;
}

export interface Mapping {
  format: MappingText['format'];
  /** Paths by contract field or declared extra column. */
  fields: ReadonlyMap<string, readonly Path[]>;
  constants: ReadonlyMap<string, string>;
  /** Texts that count as missing. */
  missing: ReadonlySet<string>;
  /** Whether an event without an id gets one made from the whole record. */
  hasContentIds: boolean;
  /** From lower-case spelling to canonical name, in addition to those of the configuration. */
  eventTypes: ReadonlyMap<string, string>;
  /** Lower-case spellings of events that are ignored. */
  ignored: ReadonlySet<string>;
  keepsUnknownTypes: boolean;
  /** Whether session ids are unique only per visitor. */
  hasVisitorSessions: boolean;
  items: Items | undefined;
}

/** A problem in the text of a mapping, and its place. */
export interface MappingProblem {
  /** Keys, and indexes in lists. */
  path: readonly (string | number)[];
  message: string;
  /** The valid names, if the problem is an unknown name. */
  known?: readonly string[];
  /** What to write instead. */
  hint?: string;
}

/** The mapping for records with the contract's own field names. */
export const PLAIN_MAPPING: Mapping = readMapping({}, []).mapping;

/**
 * Whether the mapping uses only the contract's own names, so that any reader of flat records can be
 * used.
 */
export function isPlain(mapping: Mapping): boolean {
  const { constants, missing, hasContentIds, hasVisitorSessions, items } = mapping;
  return (
    constants.size === 0 &&
    missing.size === 0 &&
    !hasContentIds &&
    !hasVisitorSessions &&
    items === undefined &&
    [...mapping.fields].every(
      ([name, [path, ...others]]) =>
        others.length === 0 &&
        path?.length === 1 &&
        path[0]?.kind === 'key' &&
        path[0].key === name,
    )
  );
}

export function hasEventRules({ eventTypes, ignored, keepsUnknownTypes }: Mapping): boolean {
  return eventTypes.size > 0 || ignored.size > 0 || keepsUnknownTypes;
}

/**
 * Reads a mapping. `texts` are a preset and the additions of the configuration; later texts win,
 * field by field. Problems are reported for the last text only.
 */
export function readMapping(
  text: MappingText,
  extraColumns: readonly string[],
  preset: MappingText = {},
): { mapping: Mapping; problems: MappingProblem[] } {
  const problems: MappingProblem[] = [];
  const known = new Set<string>([...FIELD_NAMES, ...extraColumns]);
  const own = readPaths(text.fields ?? {}, known, 'fields', problems);
  const given = readPaths(preset.fields ?? {}, known, 'fields', []);
  const isComplete = preset.fields !== undefined;
  const defaults = [...known].flatMap((name) => {
    const isExtra = !(FIELD_NAMES as readonly string[]).includes(name);
    return isComplete && !isExtra ? [] : [[name, [pathOf(name)]] as [string, Path[]]];
  });
  const mapping: Mapping = {
    format: text.format ?? preset.format,
    fields: new Map([...defaults, ...given, ...own]),
    constants: readConstants({ ...preset.constants, ...text.constants }),
    missing: new Set([...(preset.missing ?? []), ...(text.missing ?? [])]),
    hasContentIds: (text.event_id ?? preset.event_id) === 'content',
    eventTypes: lowerKeys({ ...preset.event_types, ...text.event_types }),
    ignored: readIgnored(text, preset),
    keepsUnknownTypes: (text.unknown_event_types ?? preset.unknown_event_types) === 'keep',
    hasVisitorSessions: (text.session_scope ?? preset.session_scope) === 'visitor',
    items: readItems(text.items ?? preset.items, text.items === undefined ? [] : problems),
  };
  problems.push(
    ...findConstantProblems(text.constants ?? {}),
    ...findTwins(text.event_types ?? {}),
    ...findIgnoredTypes(text),
  );
  return { mapping, problems };
}

function pathOf(name: string): Path {
  return [{ kind: 'key', key: name }];
}

function readPaths(
  fields: Readonly<Record<string, string | readonly string[]>>,
  known: ReadonlySet<string>,
  section: string,
  problems: MappingProblem[],
): Map<string, Path[]> {
  const read = new Map<string, Path[]>();
  for (const [name, value] of Object.entries(fields)) {
    if (!known.has(name)) {
      problems.push(unknownField([section, name], known));
      continue;
    }
    const paths: Path[] = [];
    for (const [index, text] of listOf(value).entries()) {
      const path = parsePath(text);
      if (path === undefined || path.at(-1)?.kind === 'each') {
        const place = [section, name, ...(typeof value === 'string' ? [] : [index])];
        problems.push({ path: place, message: `is not a path into a record: ${text}` });
      } else {
        paths.push(path);
      }
    }
    read.set(name, paths);
  }
  return read;
}

function readConstants(constants: NonNullable<MappingText['constants']>): Map<string, string> {
  return new Map(Object.entries(constants).map(([name, value]) => [name, String(value)]));
}

/** Kinds of fields whose constants are checked. The readers of records are stricter. */
const READABLE: Partial<Record<FieldKind, { is: string; looks: (text: string) => boolean }>> = {
  instant: { is: 'an instant such as 2026-01-05T10:00:00Z', looks: looksLikeInstant },
  quantity: {
    is: 'a whole number',
    looks: (text) => looksLikeNumber(text) && Number.isInteger(Number(text)),
  },
  amount: { is: 'a number such as 12.50', looks: looksLikeNumber },
};

function findConstantProblems(constants: NonNullable<MappingText['constants']>): MappingProblem[] {
  return Object.entries(constants).flatMap(([name, value]): MappingProblem[] => {
    const field = CONTRACT_FIELDS.find((each) => each.name === name);
    const path = ['constants', name];
    if (field === undefined) {
      return [unknownField(path, FIELD_NAMES)];
    }
    if (field.name === 'event_id') {
      const hint = 'for an id made from the whole record write event_id: content next to constants';
      return [{ path, message: 'is one id for all events, and each needs its own', hint }];
    }
    const readable = READABLE[field.kind];
    const text = String(value);
    return readable === undefined || text.trim() === '' || readable.looks(text)
      ? []
      : [{ path, message: `must be ${readable.is}, not ${JSON.stringify(value)}` }];
  });
}

/**
 * The ignored types. A type that the configuration maps is not ignored, even if the preset ignores
 * it.
 */
function readIgnored(text: MappingText, preset: MappingText): Set<string> {
  const named = lowerKeys(text.event_types ?? {});
  const ofPreset = (preset.ignore ?? []).map(comparableType).filter((type) => !named.has(type));
  return new Set([...ofPreset, ...(text.ignore ?? []).map(comparableType)]);
}

function findIgnoredTypes({ ignore = [], event_types: types = {} }: MappingText): MappingProblem[] {
  const named = lowerKeys(types);
  return ignore.flatMap((spelling, index) => {
    const name = named.get(comparableType(spelling));
    const message = `names ${spelling}, which is mapped to ${name} under event_types`;
    const hint = 'keep one of the two: a record is either read or ignored';
    return name === undefined ? [] : [{ path: ['ignore', index], message, hint }];
  });
}

function readItems(items: MappingText['items'], problems: MappingProblem[]): Items | undefined {
  if (items === undefined) {
    return undefined;
  }
  const { from = [], ...texts } = items;
  const lists = listOf(from).flatMap((text) => {
    const path = parsePath(text);
    if (path === undefined || path.at(-1)?.kind === 'each') {
      problems.push({ path: ['items', 'from'], message: `is not a path into a record: ${text}` });
      return [];
    }
    return [path];
  });
  const hasLists = listOf(from).length > 0;
  const fields: Partial<Record<ItemField, readonly Path[]>> = {};
  const arrays: Partial<Record<ItemField, readonly Path[]>> = {};
  for (const [name, value] of Object.entries(texts)) {
    const field = ITEM_FIELDS.find((each) => each === name);
    if (field === undefined) {
      const known = ['from', ...ITEM_FIELDS];
      problems.push({ path: ['items', name], message: 'is not a field of an item', known });
      continue;
    }
    const paths = readItemPaths(listOf(value), hasLists, (message, index) => {
      const place = typeof value === 'string' ? [] : [index];
      problems.push({ path: ['items', name, ...place], message });
    });
    addPaths(fields, field, paths.inItem);
    addPaths(arrays, field, paths.arrays);
  }
  const hasArrays = Object.keys(arrays).length > 0;
  const isNamed = listOf(items.product_id ?? []).length > 0;
  if (
    !isNamed ||
    (hasLists && fields.product_id === undefined && arrays.product_id !== undefined)
  ) {
    problems.push({ path: ['items'], message: 'needs product_id, which identifies an item' });
  } else if (hasArrays && arrays.product_id === undefined) {
    problems.push({ path: ['items'], message: 'needs an array for product_id as well' });
  }
  return { from: lists, fields, arrays };
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function addPaths(
  fields: Partial<Record<ItemField, readonly Path[]>>,
  name: ItemField,
  paths: readonly Path[],
): void {
  if (paths.length > 0) {
    fields[name] = paths;
  }
}

/**
 * A path that ends with [] is an array of the record; any other begins within an item of a list.
 */
function readItemPaths(
  texts: readonly string[],
  hasLists: boolean,
  onProblem: (message: string, index: number) => void,
): { inItem: Path[]; arrays: Path[] } {
  const inItem: Path[] = [];
  const arrays: Path[] = [];
  for (const [index, text] of texts.entries()) {
    const path = parsePath(text);
    if (path === undefined) {
      onProblem(`is not a path into ${hasLists ? 'an item' : 'a record'}: ${text}`, index);
    } else if (path.at(-1)?.kind === 'each') {
      arrays.push(path.slice(0, -1));
    } else if (hasLists) {
      inItem.push(path);
    } else {
      onProblem(
        `is not an array: ${text}; end it with [], or name the list of items with from`,
        index,
      );
    }
  }
  return { inItem, arrays };
}

function unknownField(path: readonly string[], known: Iterable<string>): MappingProblem {
  return { path, message: 'is not a field of an event', known: [...known] };
}

/** Finds spellings that differ only in case, but are mapped to different types. */
function findTwins(types: Readonly<Record<string, string>>): MappingProblem[] {
  const known = lowerKeys(types);
  const message = 'is given twice: upper and lower case are the same here';
  return Object.entries(types)
    .filter(([spelling, name]) => known.get(comparableType(spelling)) !== name)
    .map(([spelling]) => ({ path: ['event_types', spelling], message }));
}

function lowerKeys(names: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(names).map(([spelling, name]) => [comparableType(spelling), name]));
}
