/** Guesses a mapping for unknown records, from their paths and values. */
import { FIELD_NAMES, type FieldName } from '../contract/fields.ts';
import type { MappingText } from './mapping.ts';
import {
  type FoundType,
  guessTypePaths,
  readTypes,
  type TypeNames,
} from './propose-event-types.ts';
import { type FieldGuess, guessField, isUnique, namedPaths } from './propose-fields.ts';
import { guessItems, type ItemsGuess } from './propose-items.ts';
import { type GuessedField, KNOWN_NAMES, TOTAL_NAMES } from './propose-names.ts';
import { type JsonObject, type PathFacts, type Survey, surveyRecords } from './propose-survey.ts';

export interface Guess {
  mapping: MappingText;
  survey: Survey;
  /** Paths whose name matches a field, but whose values do not. */
  unlike: { field: string; path: string; value: string }[];
}

/**
 * Guesses field by field. `known`: event types that need no mapping. `missing`: texts that count as
 * missing values.
 */
export function guessMapping(
  records: readonly JsonObject[],
  known: TypeNames,
  missing: ReadonlySet<string> = new Set(),
): Guess {
  const survey = surveyRecords(records, missing);
  const items = guessItems(survey);
  const guesses = guessFields(survey, items);
  const typePaths = guessTypePaths(survey, known);
  const paths = new Map<FieldName, PathFacts[]>([
    ...[...guesses].map(([name, guess]): [FieldName, PathFacts[]] => [name, guess.paths]),
    ['event_type', typePaths],
  ]);
  const ids = uniqueIds(survey);
  paths.set('event_id', ids);
  const types = readTypes(
    firstTexts(typePaths, records.length),
    productTest(paths.get('product_id') ?? [], items),
    known,
  );
  const missingHere = [...missing].filter((text) =>
    survey.records.some((record) => record.includes(JSON.stringify(text))),
  );
  const isEveryIdSent = ids.some(({ filled }) => filled === records.length);
  return {
    survey,
    mapping: {
      fields: fieldTexts(survey, paths),
      ...(missingHere.length === 0 ? {} : { missing: missingHere }),
      ...(isEveryIdSent ? {} : { event_id: 'content' as const }),
      ...spellings(types, known),
      ...(items === undefined ? {} : { items: simplify(items.text) }),
    },
    unlike: [...guesses].flatMap(([field, { paths: found, unlike }]) =>
      found.length > 0 || unlike === undefined ? [] : [{ field, ...unlike }],
    ),
  };
}

function guessFields(survey: Survey, items: ItemsGuess | undefined): Map<GuessedField, FieldGuess> {
  const guesses = new Map<GuessedField, FieldGuess>();
  for (const name of FIELD_NAMES) {
    if (name === 'event_id' || name === 'event_type') {
      continue;
    }
    const { names, looks } = KNOWN_NAMES[name];
    const all = name === 'order_value' && !hasAmounts(items) ? [...names, ...TOTAL_NAMES] : names;
    guesses.set(name, guessField(survey, { names: all, looks }));
  }
  return guesses;
}

/**
 * Whether the order value can be computed from the items. If not, a total with tax and shipping is
 * better than nothing.
 */
function hasAmounts(items: ItemsGuess | undefined): boolean {
  return items?.text.price !== undefined && items.text.quantity !== undefined;
}

/** A path with the name of an id whose values are unique per record. */
function uniqueIds(survey: Survey): PathFacts[] {
  return namedPaths(survey, KNOWN_NAMES.event_id)
    .filter((facts) => isUnique(facts, survey))
    .slice(0, 1);
}

/**
 * Paths in the form of a mapping. If the field's own name holds other values, it is excluded
 * explicitly.
 */
function fieldTexts(
  survey: Survey,
  paths: ReadonlyMap<FieldName, PathFacts[]>,
): Record<string, string | string[]> {
  const texts: Record<string, string | string[]> = {};
  for (const name of FIELD_NAMES) {
    const found = (paths.get(name) ?? []).map(({ text }) => text);
    const isTaken = survey.paths.some(
      ({ text, filled, containerCount }) => text === name && filled + containerCount > 0,
    );
    if (found.length > 0 || isTaken) {
      texts[name] = found.length === 1 ? (found[0] as string) : found;
    }
  }
  return texts;
}

function firstTexts(paths: readonly PathFacts[], count: number): (string | undefined)[] {
  return Array.from({ length: count }, (_, index) =>
    paths.map(({ values }) => values[index]).find((text) => text !== undefined),
  );
}

function productTest(
  products: readonly PathFacts[],
  items: ItemsGuess | undefined,
): (index: number) => boolean {
  return (index) =>
    items?.records.has(index) === true ||
    products.some(({ values }) => values[index] !== undefined);
}

/** The spellings that need a mapping. */
function spellings(
  types: readonly FoundType[],
  known: TypeNames,
): Pick<MappingText, 'event_types'> {
  const named = types.flatMap(({ sent, name }): [string, string][] =>
    name === undefined || known.get(sent) === name ? [] : [[sent, name]],
  );
  return named.length === 0 ? {} : { event_types: Object.fromEntries(named) };
}

function simplify(items: Record<string, string[]>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(items).map(([name, paths]) => [
      name,
      paths.length === 1 ? (paths[0] as string) : paths,
    ]),
  );
}
