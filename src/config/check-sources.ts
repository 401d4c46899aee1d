/** Checks the mappings of a configuration before any file is read. */
import { ClicklakeError } from '../errors.ts';
import { parseLanding } from '../mapping/landing-pattern.ts';
import { type MappingProblem, type MappingText, readMapping } from '../mapping/mapping.ts';
import { readPreset } from '../mapping/presets.ts';
import { findNearest } from './nearest.ts';
import type { Settings } from './settings.ts';
import type { Locate } from './validate.ts';

/**
 * Throws `config_invalid` for the first problem. `locate` gives the place of a mapping in the
 * configuration.
 */
export function checkSources(
  { sources = {}, silver }: Pick<Settings, 'sources' | 'silver'>,
  locate: Locate,
): void {
  for (const [source, text] of Object.entries(sources)) {
    const [first, ...others] = findProblems(text, silver);
    if (first === undefined) {
      continue;
    }
    const { path, message, known, hint } = first;
    const name = ['sources', source, ...path.filter((step) => typeof step === 'string')].join('.');
    const part = known === undefined ? 'value' : 'key';
    const place = locate(['sources', source, ...path], part);
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    throw new ClicklakeError('config_invalid', `${place}: ${name} ${message}${more}`, {
      hint: hint ?? hintFor(String(path.at(-1)), known),
    });
  }
}

function findProblems(text: MappingText, silver: Settings['silver']): MappingProblem[] {
  const preset = text.preset === undefined ? {} : readPreset(text.preset);
  const columns = silver.extraColumns.map(({ name }) => name);
  const { mapping, problems } = readMapping(text, columns, preset);
  const landing = text.landing === undefined ? undefined : parseLanding(text.landing);
  if (landing !== undefined && 'problem' in landing) {
    problems.push({ path: ['landing'], message: landing.problem });
  }
  const unknown = [...mapping.eventTypes].find(([, name]) => !silver.eventTypes.includes(name));
  if (unknown === undefined || mapping.keepsUnknownTypes) {
    return problems;
  }
  const [spelling, name] = unknown;
  const written = Object.keys(text.event_types ?? {}).find(
    (key) => text.event_types?.[key] === name,
  );
  const message = `stands for ${name}, which is not an event type: add it to silver.event_types, or set unknown_event_types: keep`;
  return [...problems, { path: ['event_types', written ?? spelling], message }];
}

function hintFor(name: string, known: readonly string[] | undefined): string {
  if (name === 'landing' && known === undefined) {
    return 'see docs/azure.md for landing containers';
  }
  if (known === undefined) {
    return 'docs/mapping.md says how a mapping is written';
  }
  const nearest = findNearest(name, known);
  return nearest === undefined ? `there are ${known.join(', ')}` : `did you mean "${nearest}"?`;
}
