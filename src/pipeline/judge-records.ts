/** Judges records with a mapping as `verify` does, but without a lake. */
import { comparableType } from '../contract/event-type.ts';
import { FIELD_NAMES, type FieldName } from '../contract/fields.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { TypeNames } from '../mapping/propose-event-types.ts';
import type { Fit } from '../mapping/propose-preset.ts';
import { hasNoOffset } from '../mapping/propose-values.ts';
import { LineJudge } from '../verify/line-judge.ts';
import type { LakeContext } from './context.ts';

export interface JudgedRecords extends Fit {
  records: number;
  /** By quarantine reason: the number of records, and the first of them. */
  quarantined: Record<string, { records: number; example: string }>;
  /** By field of the contract: the number of records with a value. */
  filled: Record<FieldName, number>;
  /** Records whose time is a calendar time without an offset. */
  withoutOffset: number;
  /** Records with a list of products. */
  withItems: number;
  purchases: PurchaseCounts;
  /** The names of events, the most frequent first. */
  eventTypes: JudgedType[];
  /** Sample events: taken from each file in turn, and of different types if possible. */
  samples: EventSample[];
}

/** Valid purchases, and how many of them have what their products and revenue are computed from. */
export interface PurchaseCounts {
  events: number;
  /** With a product of its own or in a list. */
  withProduct: number;
  withQuantity: number;
  withPrice: number;
  withOrderValue: number;
}

export interface JudgedType {
  /** In lower case. */
  sent: string;
  outcome: 'mapped' | 'kept' | 'ignored' | 'quarantined';
  /** The event type it is mapped to; null: it is ignored or quarantined. */
  name: string | null;
  records: number;
}

/** The fields of an event that have a value, as they would be stored. */
export type EventSample = Partial<Record<FieldName | 'items', string>>;

export interface RecordRules {
  /** Event types and aliases of the configuration. */
  types: TypeNames;
  receivedAtMicros: bigint;
}

/** The rules of the lake's configuration, for records that are received now. */
export function rulesOfLake({ settings, now }: Pick<LakeContext, 'settings' | 'now'>): RecordRules {
  const { eventTypes, eventTypeAliases } = settings.silver;
  return {
    types: new Map([
      ...Object.entries(eventTypeAliases),
      ...eventTypes.map((type): [string, string] => [type, type]),
    ]),
    receivedAtMicros: BigInt(now()) * 1000n,
  };
}

const SAMPLE_COUNT = 5;
const LF = 0x0a;

/** Judges records, grouped by file. Each record is one line including its LF. */
export function judgeRecords(
  files: readonly Buffer[][],
  mapping: Mapping,
  { types, receivedAtMicros }: RecordRules,
): JudgedRecords {
  const judge = new LineJudge({ eventTypes: new Set(types.values()), aliases: types, mapping });
  const judged = nothingJudged();
  const byType = new Map<string, JudgedType>();
  const samples = files.map(() => new Map<string, EventSample[]>());
  const lines = files.flatMap((ofFile, file) => ofFile.map((bytes) => ({ bytes, file })));
  for (const { bytes, file } of lines) {
    const end = bytes.at(-1) === LF ? bytes.length - 1 : bytes.length;
    const verdict = judge.judge({
      ...{ bytes, start: 0, end, receivedAtMicros },
      ...{ isText: true, isFirstOfFile: false },
    });
    if (verdict.kind === 'blank') {
      continue;
    }
    judged.records += 1;
    if (verdict.kind === 'quarantined') {
      const known = judged.quarantined[verdict.reason];
      const example = known?.example ?? bytes.toString('utf8', 0, end);
      judged.quarantined[verdict.reason] = { records: (known?.records ?? 0) + 1, example };
      if (/^not_/.test(verdict.reason)) {
        continue;
      }
    }
    countFields(judged, judge);
    const type = countType(byType, judge, mapping, types);
    if (verdict.kind === 'ignored') {
      judged.ignored += 1;
    } else if (verdict.kind === 'event') {
      countEvent(judged, judge, type);
      addSample(samples[file], judge);
    }
  }
  judged.eventTypes = [...byType.values()].toSorted(
    (a, b) => b.records - a.records || (a.sent < b.sent ? -1 : 1),
  );
  judged.samples = chooseSamples(samples.map((byType) => [...byType.values()]));
  return judged;
}

function nothingJudged(): JudgedRecords {
  return {
    ...{
      records: 0,
      valid: 0,
      ignored: 0,
      known: 0,
      withoutOffset: 0,
      withItems: 0,
      quarantined: {},
    },
    purchases: { events: 0, withProduct: 0, withQuantity: 0, withPrice: 0, withOrderValue: 0 },
    says: { visitor: 0, session: 0, product: 0, order: 0 },
    filled: Object.fromEntries(FIELD_NAMES.map((name) => [name, 0])) as Record<FieldName, number>,
    ...{ eventTypes: [], samples: [] },
  };
}

function countFields(judged: JudgedRecords, { fields, items }: LineJudge): void {
  for (const name of FIELD_NAMES) {
    judged.filled[name] += fields[name].start === -1 ? 0 : 1;
  }
  judged.withItems += items.length > 0 ? 1 : 0;
  judged.withoutOffset += hasNoOffset(textOf(fields.event_timestamp) ?? '') ? 1 : 0;
}

function countEvent(judged: JudgedRecords, judge: LineJudge, type: JudgedType | undefined): void {
  const { fields, items } = judge;
  const has = (name: FieldName): number => (fields[name].start === -1 ? 0 : 1);
  judged.valid += 1;
  judged.known += type?.outcome === 'mapped' ? 1 : 0;
  judged.says.visitor += Math.max(has('user_id'), has('anonymous_id'));
  judged.says.session += has('session_id');
  judged.says.product += Math.max(has('product_id'), items.length > 0 ? 1 : 0);
  judged.says.order += has('order_id');
  if (judge.eventType === 'purchase') {
    countPurchase(judged.purchases, judge);
  }
}

function countPurchase(
  counts: PurchaseCounts,
  { fields, items, quantity, amounts }: LineJudge,
): void {
  const isList = items.length > 0;
  const inItem = (name: 'price' | 'quantity'): boolean =>
    items.some(({ texts }) => (texts[name] ?? '').trim() !== '');
  const one = (isTrue: boolean): number => (isTrue ? 1 : 0);
  counts.events += 1;
  counts.withProduct += one(isList || fields.product_id.start !== -1);
  counts.withQuantity += one(isList ? inItem('quantity') : quantity !== null);
  counts.withPrice += one(isList ? inItem('price') : amounts.price !== null);
  counts.withOrderValue += one(amounts.order_value !== null);
}

function countType(
  byType: Map<string, JudgedType>,
  { fields }: LineJudge,
  mapping: Mapping,
  types: TypeNames,
): JudgedType | undefined {
  const text = textOf(fields.event_type);
  if (text === undefined) {
    return undefined;
  }
  const sent = comparableType(text);
  const known = byType.get(sent) ?? { sent, records: 0, ...meaningOf(sent, mapping, types) };
  known.records += 1;
  byType.set(sent, known);
  return known;
}

function meaningOf(
  sent: string,
  mapping: Mapping,
  types: TypeNames,
): Pick<JudgedType, 'outcome' | 'name'> {
  if (mapping.ignored.has(sent)) {
    return { outcome: 'ignored', name: null };
  }
  const name = mapping.eventTypes.get(sent) ?? types.get(sent);
  if (name !== undefined && [...types.values()].includes(name)) {
    return { outcome: 'mapped', name };
  }
  return mapping.keepsUnknownTypes
    ? { outcome: 'kept', name: name ?? sent }
    : { outcome: 'quarantined', name: null };
}

function sampleOf({ fields, items, eventType, timestamp }: LineJudge): EventSample {
  const sample: EventSample = {};
  for (const name of FIELD_NAMES) {
    const text = textOf(fields[name]);
    if (text !== undefined) {
      sample[name] = text;
    }
  }
  sample.event_type = eventType;
  sample.event_timestamp = new Date(Number(timestamp / 1000n)).toISOString();
  if (items.length > 0) {
    sample.items = items
      .map(({ texts }) => `${texts.product_id ?? '?'} x ${texts.quantity ?? '1'}`)
      .join(', ');
  }
  return sample;
}

function addSample(samples: Map<string, EventSample[]> | undefined, judge: LineJudge): void {
  const ofType = samples?.get(judge.eventType) ?? [];
  samples?.set(judge.eventType, ofType);
  if (ofType.length < SAMPLE_COUNT) {
    ofType.push(sampleOf(judge));
  }
}

/**
 * Takes one sample from each file in turn, of a type that was not chosen before if there is one.
 */
function chooseSamples(files: readonly EventSample[][][]): EventSample[] {
  const left = files.map(takeInTurns).filter((samples) => samples.length > 0);
  const chosen: EventSample[] = [];
  for (let turn = 0; turn < SAMPLE_COUNT; turn += 1) {
    for (const samples of left) {
      const isNew = (sample: EventSample): boolean =>
        chosen.every(({ event_type }) => event_type !== sample.event_type);
      const next = Math.max(0, samples.findIndex(isNew));
      chosen.push(...samples.splice(next, 1));
    }
  }
  return chosen.slice(0, SAMPLE_COUNT);
}

/** The first of each list, then the second of each, and so on. */
function takeInTurns(lists: readonly EventSample[][]): EventSample[] {
  const turns = Array.from({ length: SAMPLE_COUNT }, (_, turn) =>
    lists.flatMap((samples) => samples.slice(turn, turn + 1)),
  );
  return turns.flat();
}

function textOf(field: LineJudge['fields'][FieldName]): string | undefined {
  return field.start === -1
    ? undefined
    : field.bytes.toString('utf8', field.trimmedStart(), field.trimmedEnd());
}
