/**
 * Checks whether ingested records fit the mapping of their source, and if not, which mapping would.
 */
import { fixedFile } from '../bronze/received-files.ts';
import { PLAIN_MAPPING } from '../mapping/mapping.ts';
import type { LakeContext } from './context.ts';
import {
  type JudgedRecords,
  judgeRecords,
  type RecordRules,
  rulesOfLake,
} from './judge-records.ts';
import { type LedgerEntry, sourcesReceivedUpTo } from './ledger.ts';
import type { UnmappedRecords } from './reports.ts';
import { SAMPLE_RECORDS, sampleRecords } from './sample-records.ts';
import { hasJsonObjects, isInSilver } from './source-outcome.ts';
import { mostFrequent, UNKNOWN_TYPE } from './unknown-types.ts';

const EXAMPLE_CHARACTERS = 200;
const FEW_RECORDS = 100;

/**
 * Judges the first records of some files in Bronze, the same number of each. Undefined if one is an
 * event or is ignored, or if Silver already has events of the source: then `run` counts the records
 * that do not fit.
 */
export async function findUnmapped(
  context: LakeContext,
  source: string,
  files: readonly LedgerEntry[],
): Promise<UnmappedRecords | undefined> {
  const { mappings, settings } = context;
  const mapping = mappings.list[mappings.numberOf(source)] ?? PLAIN_MAPPING;
  const rules = rulesOfLake(context);
  let sampled: Buffer[][] = [];
  // In nearly every delivery one of the first few records is an event.
  for (const limit of [FEW_RECORDS, SAMPLE_RECORDS]) {
    sampled = [];
    for (const file of files) {
      const path = await context.storage.localPath(file.path, fixedFile(file));
      const ofFile = Math.ceil(limit / files.length);
      const format = settings.sources?.[source]?.format;
      const some = await sampleRecords([{ kind: 'file', path }], ofFile, format);
      const { valid, ignored } = judgeRecords(some, mapping, rules);
      if (valid + ignored > 0) {
        return undefined;
      }
      sampled.push(...some);
    }
  }
  if (sampled.flat().length === 0 || (await isInSilver(context, source))) {
    return undefined;
  }
  return describeUnmapped(judgeRecords(sampled, mapping, rules), {
    proposal: await proposalFor(sampled, rules),
    isRead: await isRead(context, source),
  });
}

async function isRead(context: LakeContext, source: string): Promise<boolean> {
  const { loadSilver } = await import('./silver.ts');
  const { consumed } = await loadSilver(context);
  return consumed > 0 && (await sourcesReceivedUpTo(context, consumed)).has(source);
}

async function proposalFor(
  files: readonly Buffer[][],
  rules: RecordRules,
): Promise<UnmappedRecords['proposal']> {
  // Imported on demand: almost no ingest needs it.
  const { proposeFor } = await import('./propose.ts');
  const { text, judged } = proposeFor(files, rules);
  // A proposal that accepts few records is probably wrong.
  return 2 * judged.valid < judged.records ? null : { mapping: text, valid: judged.valid };
}

function describeUnmapped(
  { records, quarantined, eventTypes }: JudgedRecords,
  known: Pick<UnmappedRecords, 'proposal' | 'isRead'>,
): UnmappedRecords | undefined {
  const [first] = Object.entries(quarantined).toSorted(
    ([a, { records: countA }], [b, { records: countB }]) => countB - countA || (a < b ? -1 : 1),
  );
  if (first === undefined) {
    return undefined;
  }
  const [reason, { records: recordsWithReason, example }] = first;
  const isOfTypes = reason === UNKNOWN_TYPE && recordsWithReason === records;
  const types = eventTypes.map(({ sent, records }) => ({ type: sent, records }));
  return {
    ...{ records, reason, recordsWithReason, ...known },
    ...(isOfTypes ? { unknownTypes: mostFrequent(types) } : {}),
    hasObjects: hasJsonObjects(Object.keys(quarantined)),
    example: example.slice(0, EXAMPLE_CHARACTERS),
  };
}
