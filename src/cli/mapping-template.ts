/**
 * Renders the section `sources:` of a new clicklake.yaml, with comments on what was found in the
 * records.
 */
import type { MappingText } from '../mapping/mapping.ts';
import { type Proposal, takesFew } from '../pipeline/propose.ts';
import { formatCount, formatQuantity } from './format.ts';
import { escapeControls } from './table.ts';

/** The maximum number of event names in one comment. */
const MAX_NAMES = 12;
/** The maximum number of unused paths in comments. */
const MAX_PATHS = 20;

/** The section `sources:` with one source. */
export function renderSources(section: string): string {
  return [
    '# Where the records of each source hold the fields of an event (docs/mapping.md).',
    'sources:',
    section,
  ].join('\n');
}

/** The mapping of one source, below `sources:`. `from` names the files that were read. */
export function renderSource(source: string, from: string, proposal: Proposal): string {
  const { text, judged } = proposal;
  return [
    `  # Proposed for ${formatQuantity(judged.records, 'record')} of ${comment(from)}: ${formatQuantity(judged.valid, 'event')}.`,
    ...(takesFew(proposal)
      ? ['  # Most of the records would go to quarantine: correct it before you use it.']
      : []),
    `  ${yamlText(source)}:`,
    ...(text.preset === undefined ? [] : presetLines(text.preset, proposal)),
    ...fieldLines(text, proposal),
    ...missingLines(text),
    ...(text.event_id === undefined
      ? []
      : ['', '    # A hash of the whole record where no id is sent.', '    event_id: content']),
    ...typeLines(text, proposal),
    ...itemLines(text, proposal),
    ...unmappedLines(proposal),
  ].join('\n');
}

/** A share as `93 %`. Never 0 % for more than none, and never 100 % for less than all. */
export function formatShare(count: number, total: number): string {
  if (count === 0 || count === total) {
    return count === 0 ? '0 %' : '100 %';
  }
  const percent = Math.round((100 * count) / total);
  return percent === 0 ? '<1 %' : `${Math.min(percent, 99)} %`;
}

function presetLines(preset: string, { used, judged }: Proposal): string[] {
  return [
    `    preset: ${yamlText(preset)}`,
    '    # What it found, and in how many of the records; fields: adds to it or replaces it.',
    ...used.map(
      ({ field, paths }) =>
        `    #   ${field}: ${paths.map(({ path, records }) => `${comment(path)} (${formatShare(records, judged.records)})`).join(', ')}`,
    ),
  ];
}

function fieldLines({ fields }: MappingText, { used, judged }: Proposal): string[] {
  if (fields === undefined) {
    return [];
  }
  const shares = new Map(
    used.map(({ field, paths }) => [
      field,
      paths.map(({ records }) => formatShare(records, judged.records)).join(', '),
    ]),
  );
  const lines = Object.entries(fields).map(([field, paths]): [string, string] => [
    `      ${field}: ${yamlPaths(paths)}`,
    shares.get(field) ?? 'holds no single value here',
  ]);
  return [
    '    # Each with the share of the records in which it is filled. Of several paths the first that is filled counts.',
    '    fields:',
    ...alignComments(lines),
  ];
}

function missingLines({ missing }: MappingText): string[] {
  return missing === undefined
    ? []
    : ['', '    # What the sender writes for no value.', `    missing: ${yamlPaths(missing)}`];
}

function typeLines({ event_types: names }: MappingText, { judged }: Proposal): string[] {
  const recordsOf = new Map(judged.eventTypes.map(({ sent, records }) => [sent, records]));
  const lines = Object.entries(names ?? {}).map(([sent, name]): [string, string] => [
    `      ${yamlText(sent)}: ${name}`,
    formatQuantity(recordsOf.get(sent) ?? 0, 'record'),
  ]);
  const unknown = judged.eventTypes.filter(({ outcome }) => outcome === 'quarantined');
  const shown = unknown
    .slice(0, MAX_NAMES)
    .map(({ sent, records }) => `${comment(sent)} (${formatCount(records)})`);
  const more = unknown.length > shown.length ? ' …' : '';
  return [
    ...(lines.length === 0 ? [] : ['', '    event_types:', ...alignComments(lines)]),
    ...(shown.length === 0
      ? []
      : [
          '',
          `    # Unknown, and quarantined: ${shown.join(', ')}${more}.`,
          '    # Add them to event_types, or list them under ignore, or keep them under their own names:',
          '    # unknown_event_types: keep',
        ]),
  ];
}

function itemLines({ items }: MappingText, { judged }: Proposal): string[] {
  if (items === undefined) {
    return [];
  }
  return [
    '',
    `    # The products of an event: ${formatShare(judged.withItems, judged.records)} of the records have some.`,
    '    items:',
    ...Object.entries(items).map(([name, paths]) => `      ${name}: ${yamlPaths(paths)}`),
  ];
}

/** Without values: a configuration is often kept where personal data must not be. */
function unmappedLines({ unmapped }: Proposal): string[] {
  const shown = unmapped.slice(0, MAX_PATHS);
  const more = unmapped.length - shown.length;
  return unmapped.length === 0
    ? []
    : [
        '',
        '    # Not used:',
        ...shown.map(
          ({ path, filled, total }) => `    #   ${comment(path)} (${formatShare(filled, total)})`,
        ),
        ...(more > 0 ? [`    #   and ${formatQuantity(more, 'more path')}`] : []),
      ];
}

function alignComments(lines: readonly [string, string][]): string[] {
  const width = Math.min(48, Math.max(...lines.map(([line]) => line.length)));
  return lines.map(([line, remark]) => `${line.padEnd(width)}  # ${remark}`);
}

function yamlPaths(paths: string | readonly string[]): string {
  return typeof paths === 'string' ? yamlText(paths) : `[${paths.map(yamlText).join(', ')}]`;
}

/** Quoted unless YAML certainly reads it as the same text. JSON's quoting is valid YAML. */
function yamlText(text: string): string {
  const isPlain = /^[A-Za-z_][\w.-]*$/.test(text);
  const isWord = /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain && !isWord ? text : JSON.stringify(text);
}

/** A text for a comment, which must not contain a line break. */
function comment(text: string): string {
  return escapeControls(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
