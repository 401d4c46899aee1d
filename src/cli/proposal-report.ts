/** The report of `init --from`, in which a wrong guess should be easy to see. */
import { FIELD_NAMES } from '../contract/fields.ts';
import type { Mapping } from '../mapping/mapping.ts';
import { hasDecimalComma } from '../mapping/propose-values.ts';
import type { EventSample, JudgedRecords, JudgedType } from '../pipeline/judge-records.ts';
import { type Proposal, takesFew } from '../pipeline/propose.ts';
import type { ItemPaths } from '../pipeline/used-paths.ts';
import { formatCount, formatQuantity } from './format.ts';
import { formatShare } from './mapping-template.ts';
import type { Output } from './output.ts';
import { listWarnings } from './proposal-warnings.ts';
import { renderShortList } from './short-list.ts';
import { cutText, escapeControls, renderTable } from './table.ts';

const MAX_EXAMPLE_WIDTH = 100;

export interface FieldReport {
  field: string;
  /** Empty: a constant, or a hash of the record. */
  paths: { path: string; records: number }[];
  records: number;
}

/** Fields for which some record has a value, in the order of the contract. */
export function listFields({ used, judged }: Proposal): FieldReport[] {
  return FIELD_NAMES.flatMap((field) => {
    const paths = used.find((each) => each.field === field)?.paths ?? [];
    const records = judged.filled[field];
    return records === 0 ? [] : [{ field, paths, records }];
  });
}

export function renderProposal(
  proposal: Proposal,
  from: string,
  itemPaths: ItemPaths | undefined,
  output: Output,
): string[] {
  const { judged } = proposal;
  return [
    `${formatQuantity(judged.records, 'record')} of ${from}: ${reasonFor(proposal)}`,
    ...renderFields(proposal, itemPaths, output),
    ...renderShortList(
      'event types',
      [{ title: '' }, { title: '' }, { title: '', align: 'right' }],
      judged.eventTypes.map((type) => [type.sent, meaningOf(type), formatCount(type.records)]),
      output,
    ),
    ...renderOutcome(proposal, output),
    ...renderSamples(judged.samples, proposal.mapping, output),
    ...listWarnings(proposal).map((warning) => output.style.yellow(warning)),
    ...warnOfFurtherEvents(proposal, output),
    ...warnOfFew(proposal, output),
  ];
}

function warnOfFurtherEvents({ furtherEvents }: Proposal, { style }: Output): string[] {
  return furtherEvents.map(({ path, records }) =>
    style.yellow(
      `${formatQuantity(records, 'record')} with several events in ${path}: only one of each is read; have the sender, or a step before ingest, write a record for each event`,
    ),
  );
}

function warnOfFew(proposal: Proposal, { style }: Output): string[] {
  const { valid, ignored, records } = proposal.judged;
  return valid > 0 && takesFew(proposal)
    ? [
        style.yellow(
          `this mapping accepts only ${formatCount(valid + ignored)} of ${formatQuantity(records, 'record')}, so it is probably wrong: correct it with the reasons above before you use it`,
        ),
      ]
    : [];
}

function reasonFor({ text, judged, presets, used }: Proposal): string {
  const accepted = judged.valid + judged.ignored;
  if (text.preset !== undefined) {
    const others = presets.filter(({ name }) => name !== text.preset);
    const next = others.toSorted((a, b) => b.accepted - a.accepted)[0];
    const than =
      next === undefined ? 'no other preset accepts any' : `${next.name} ${next.accepted}`;
    return `the preset ${text.preset} matches, and accepts ${formatCount(accepted)} of them (${than})`;
  }
  const isPlain = used.every(({ field, paths }) => paths.every(({ path }) => path === field));
  return isPlain
    ? "they have the event contract's own field names"
    : 'no preset fits, so they are mapped field by field';
}

function renderFields(
  proposal: Proposal,
  itemPaths: ItemPaths | undefined,
  output: Output,
): string[] {
  const { judged, unlike } = proposal;
  const total = judged.records;
  const fields = listFields(proposal);
  const rows = fields.map(({ field, paths, records }) => [
    field,
    formatShare(records, total),
    showPaths(field, paths, proposal),
  ]);
  const items =
    itemPaths === undefined
      ? []
      : [
          ['items', formatShare(judged.withItems, total), itemPaths.from.join(', ')],
          ...itemPaths.fields.map(({ field, paths }) => [`  ${field}`, '', paths.join(', ')]),
        ];
  const found = new Set([
    ...fields.map(({ field }) => field),
    ...(judged.withItems === 0 ? [] : (itemPaths?.fields ?? []).map(({ field }) => field)),
  ]);
  const missing = FIELD_NAMES.filter((name) => !found.has(name));
  return [
    ...renderTable(
      [{ title: 'field' }, { title: 'filled', align: 'right' }, { title: 'path' }],
      [...rows, ...items],
      { maxWidth: output.width, paintTitle: output.style.bold },
    ),
    ...(missing.length === 0 ? [] : [`not found: ${missing.join(', ')}`]),
    ...unlike.map(
      ({ field, path, value }) =>
        `not used as ${field}: ${path}, because of values such as ${JSON.stringify(cutText(escapeControls(value), 40))}${hasDecimalComma(value) ? '; numbers need a decimal point (docs/accepted-input.md)' : ''}`,
    ),
    ...renderUnmapped(proposal, output),
  ];
}

function renderUnmapped({ unmapped, unlike }: Proposal, output: Output): string[] {
  const named = new Set(unlike.map(({ path }) => path));
  return renderShortList(
    'not used',
    [{ title: '' }, { title: '', align: 'right' }, { title: '' }],
    unmapped
      .filter(({ path }) => !named.has(path))
      .map(({ path, filled, total, examples }) => [
        escapeControls(path),
        formatShare(filled, total),
        examples.map((text) => cutText(escapeControls(text), 40)).join(', '),
      ]),
    output,
  );
}

function showPaths(
  field: string,
  paths: FieldReport['paths'],
  { judged, mapping }: Proposal,
): string {
  const hasUtcTimes = field === 'event_timestamp' && judged.withoutOffset > 0;
  const shown = paths.map(({ path, records }) =>
    paths.length === 1 ? path : `${path} (${formatShare(records, judged.records)})`,
  );
  const isHashed = field === 'event_id' && mapping.hasContentIds;
  const constant = mapping.constants.get(field);
  return [
    ...shown,
    ...(isHashed ? ['a hash of the record'] : []),
    ...(constant === undefined ? [] : [JSON.stringify(constant)]),
    ...(paths.length === 0 && !isHashed && constant === undefined
      ? ['the address of the page']
      : []),
    ...(hasUtcTimes ? [noteOfOffset(judged)] : []),
  ].join(', ');
}

function noteOfOffset({ withoutOffset, filled }: JudgedRecords): string {
  const share = formatShare(withoutOffset, filled.event_timestamp);
  return withoutOffset === filled.event_timestamp
    ? 'no offset: read as UTC'
    : `${share} without offset: read as UTC`;
}

function meaningOf({ outcome, name, sent }: JudgedType): string {
  switch (outcome) {
    case 'mapped':
      return name === sent ? 'known' : `-> ${name}`;
    case 'kept':
      return 'unknown: kept';
    case 'ignored':
      return 'ignored';
    case 'quarantined':
      return 'unknown: quarantined';
  }
}

function renderOutcome({ judged }: Proposal, { style, width }: Output): string[] {
  const reasons = Object.entries(judged.quarantined).toSorted(
    ([a, { records: countA }], [b, { records: countB }]) => countB - countA || (a < b ? -1 : 1),
  );
  const quarantined = reasons.reduce((sum, [, { records }]) => sum + records, 0);
  return [
    style.bold('so a run would find'),
    ...renderTable(
      [{ title: '' }, { title: '', align: 'right' }, { title: '' }],
      [
        ['valid, duplicates included', formatCount(judged.valid), ''],
        ...(judged.ignored > 0 ? [['ignored', formatCount(judged.ignored), '']] : []),
        ['quarantined', formatCount(quarantined), ''],
        ...reasons.map(([reason, { records, example }]) => [
          `  ${reason}`,
          formatCount(records),
          cutText(escapeControls(example), MAX_EXAMPLE_WIDTH),
        ]),
      ],
      { indent: '  ', maxWidth: width },
    ),
  ];
}

/** Shows columns that have a value in at least one sample; time and type first. */
function renderSamples(
  samples: readonly EventSample[],
  { hasContentIds }: Mapping,
  { style, width }: Output,
): string[] {
  if (samples.length === 0) {
    return [];
  }
  const names = ['event_timestamp', 'event_type', ...FIELD_NAMES, 'items'] as const;
  const columns = [...new Set(names)].filter(
    (name) =>
      samples.some((sample) => sample[name] !== undefined) &&
      !(name === 'event_id' && hasContentIds),
  );
  return [
    style.bold(`${formatQuantity(samples.length, 'event')} of them`),
    ...renderTable(
      columns.map((title) => ({ title })),
      samples.map((sample) => columns.map((name) => cutText(sample[name] ?? '', 40))),
      { indent: '  ', maxWidth: width, paintTitle: style.bold },
    ),
  ];
}
