/**
 * Bronze to Silver: one batch of files at a time, each committed exactly once.
 *
 * A batch makes two commits, first quarantine, then events, both marked with the number of the last
 * file they cover. What Silver has consumed is what the events table says. A run killed between the
 * two leaves quarantine one batch ahead; the next run computes that very batch again, finds its
 * quarantine written and adds the events.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition, WriteResult } from '../engines/engine.ts';
import { ClicklakeError, type ErrorCode } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import { rowsWithKeys } from './key-range.ts';
import type { ReceivedFile } from './ledger.ts';
import { readModel } from './models.ts';
import { queryDates } from './query-dates.ts';
import { checkContents } from './received-files.ts';
import type { OutcomeCounts } from './reports.ts';

export const SILVER_APP_ID = 'clicklake-silver';

export interface SilverState {
  events: Snapshot | undefined;
  quarantine: Snapshot | undefined;
  /** Number of the last file whose lines are in Silver; 0: none. */
  consumed: number;
  /** Set when quarantine is one batch ahead: the last file of that batch. */
  unfinished: number | undefined;
}

export interface BatchResult extends OutcomeCounts {
  unknownFields: Record<string, number>;
  unreadableNumbers: { quantity: number; price: number };
  blankLines: number;
}

/** Who keeps the rows of a batch: the tables themselves, or the draft of a full refresh. */
export interface SilverTarget {
  /**
   * Shows the events that count as received before the batch, under their SQL name: at least those of
   * these dates, if given, whose ids are among `event_id` of `idsFrom`.
   */
  showHistory(wanted: { dates?: ReadonlySet<string>; idsFrom: string }): Promise<void>;
  writeQuarantine(from: string, metrics: Record<string, string>): Promise<WriteOutcome>;
  /** `largeDates` are dates with many of the events. */
  writeEvents(
    from: string,
    metrics: Record<string, string>,
    largeDates: ReadonlySet<string>,
  ): Promise<WriteOutcome>;
}

/** `again`: somebody else has been at it; look at the tables anew. */
export type WriteOutcome = 'written' | 'again';

export async function loadSilver(context: LakeContext): Promise<SilverState> {
  const events = await loadTable(context, context.tables.events);
  const quarantine = await loadTable(context, context.tables.quarantine);
  const consumed = events?.txns.get(SILVER_APP_ID) ?? 0;
  const quarantined = quarantine?.txns.get(SILVER_APP_ID) ?? 0;
  return {
    events,
    quarantine,
    consumed,
    unfinished: quarantined > consumed ? quarantined : undefined,
  };
}

/** The tables themselves as the target of a batch that ends with file `lastFile`. */
export function silverTables(
  context: LakeContext,
  state: SilverState,
  lastFile: number,
  onWritten: (table: TableDefinition, result: WriteResult & { kind: 'committed' }) => void,
): SilverTarget {
  const { engine, tables } = context;
  const write = async (
    table: TableDefinition,
    base: Snapshot | undefined,
    from: string,
    metrics: Record<string, string>,
    largePartitions: ReadonlySet<string>,
  ): Promise<WriteOutcome> => {
    const expectedVersion = base?.txns.get(SILVER_APP_ID);
    const result = await engine.append({
      table,
      base,
      from,
      metrics,
      largePartitions,
      txn: { appId: SILVER_APP_ID, version: lastFile, expectedVersion },
    });
    if (result.kind === 'committed') onWritten(table, result);
    return result.kind === 'conflict' ? 'again' : 'written';
  };
  return {
    async showHistory({ dates, idsFrom }) {
      const rows = await rowsWithKeys(context, state.events, 'event_id', idsFrom, dates);
      await engine.showTable(tables.events, state.events, rows);
    },
    writeQuarantine: (from, metrics) =>
      write(tables.quarantine, state.quarantine, from, metrics, new Set()),
    writeEvents: (from, metrics, largeDates) =>
      write(tables.events, state.events, from, metrics, largeDates),
  };
}

/**
 * Reads the files, sorts every line into valid, duplicate or quarantined, checks that none is missing,
 * and writes the rows. Returns undefined when another run was quicker and the tables must be looked
 * at again. Nothing is counted unless it was written.
 */
export async function processBatch(
  context: LakeContext,
  files: readonly ReceivedFile[],
  target: SilverTarget,
): Promise<BatchResult | undefined> {
  try {
    return await computeBatch(context, files, target);
  } catch (error) {
    // Files that have changed since they were received make a batch fail in many ways.
    if (!isOfThePlace(error)) await checkContents(context, files);
    throw error;
  }
}

/** A failure that no file of events can bring about. */
function isOfThePlace(error: unknown): boolean {
  const codes: ErrorCode[] = ['disk_full', 'permission_denied', 'table_corrupt'];
  return error instanceof ClicklakeError && codes.includes(error.code);
}

async function computeBatch(
  context: LakeContext,
  files: readonly ReceivedFile[],
  target: SilverTarget,
): Promise<BatchResult | undefined> {
  const { engine, settings } = context;
  const names = settings.silver.extraColumns.map(({ name, type }) => ({ name, type }));
  await engine.openBatch(files, names);
  await engine.stageLines('parsed_events', readModel('silver/parsed_events'));
  await findKnownEvents(context, target);
  for (const model of ['suspect_ids', 'repeated_lines', 'contested_lines']) {
    await engine.stage(model, readModel(`silver/${model}`));
  }
  await engine.stageRawLines('contested_texts', 'contested_lines');
  await engine.stage('repeated_verdicts', readModel('silver/repeated_verdicts'));
  const result = await countOutcome(context, files);
  const metrics = outcomeMetrics(result);
  await engine.defineView('new_quarantine', readModel('silver/quarantine'));
  await engine.defineView('new_events', eventsWithDeclared(context));
  if ((await target.writeQuarantine('new_quarantine', metrics)) === 'again') return undefined;
  const largeDates = await datesOfManyEvents(context);
  if ((await target.writeEvents('new_events', metrics, largeDates)) === 'again') return undefined;
  await engine.drop(STAGED);
  return result;
}

const STAGED = [
  'new_events',
  'new_quarantine',
  'repeated_verdicts',
  'contested_texts',
  'contested_lines',
  'repeated_lines',
  'suspect_ids',
  'known_events',
  'known_ids',
  'rejected_lines',
  'rejected_texts',
  'parsed_events',
];

/**
 * Events of Silver whose ids the batch repeats. A repeated delivery has the same date; only an id taken
 * by another event can lie on another one, so `conflict_scope: date` looks at the batch's dates alone.
 */
async function findKnownEvents(context: LakeContext, target: SilverTarget): Promise<void> {
  const { engine, settings } = context;
  const isWholeHistory = settings.silver.conflictScope === 'all';
  const idsFrom = 'parsed_events WHERE reason IS NULL';
  await target.showHistory(
    isWholeHistory ? { idsFrom } : { idsFrom, dates: await eventDates(context, idsFrom) },
  );
  await engine.stage('known_ids', readModel('silver/known_ids'));
  const dates = await eventDates(context, 'known_ids');
  await target.showHistory({ dates, idsFrom: 'known_ids' });
  await engine.stage('known_events', readModel('silver/known_events'));
}

/** From so many events on, a date's are worth a statement of their own. */
const MANY_EVENTS = 50_000;

function datesOfManyEvents(context: LakeContext): Promise<Set<string>> {
  return queryDates(
    context,
    `SELECT CAST(event_date AS STRING) FROM parsed_events WHERE reason IS NULL
     GROUP BY event_date HAVING count(*) >= ${MANY_EVENTS}`,
  );
}

function eventDates(context: LakeContext, from: string): Promise<Set<string>> {
  return queryDates(context, `SELECT DISTINCT CAST(event_date AS STRING) FROM ${from}`);
}

async function countOutcome(
  context: LakeContext,
  files: readonly ReceivedFile[],
): Promise<BatchResult> {
  const { engine } = context;
  const result: BatchResult = {
    lines: files.reduce((sum, file) => sum + file.lineCount, 0),
    blankLines: files.reduce((sum, file) => sum + file.blankLineCount, 0),
    valid: 0,
    duplicates: 0,
    quarantined: {},
    unknownFields: await engine.countUnknownFields('parsed_events'),
    unreadableNumbers: { quantity: 0, price: 0 },
  };
  for (const [outcome, reason, count] of await engine.query(readModel('silver/batch_outcome'))) {
    if (outcome === 'valid') result.valid += Number(count);
    else if (outcome === 'duplicate') result.duplicates += Number(count);
    else result.quarantined[String(reason)] = Number(count);
  }
  const [unreadable] = await engine.query(readModel('silver/unreadable_numbers'));
  result.unreadableNumbers = { quantity: Number(unreadable?.[0]), price: Number(unreadable?.[1]) };
  checkConservation(result, files);
  return result;
}

/** The promise of the whole product: `line_count` was counted by other code when the files came in. */
function checkConservation(result: BatchResult, files: readonly ReceivedFile[]): void {
  const quarantined = Object.values(result.quarantined).reduce((sum, count) => sum + count, 0);
  const accounted = result.valid + result.duplicates + quarantined;
  if (accounted === result.lines) return;
  throw new ClicklakeError(
    'conservation_violated',
    `${result.lines} lines were received in ${files[0]?.path ?? ''} and ${files.length - 1} more files, but ${accounted} are accounted for`,
    { hint: 'nothing was written; please report this with the output of --verbose' },
  );
}

function outcomeMetrics(result: BatchResult): Record<string, string> {
  const quarantined = Object.values(result.quarantined).reduce((sum, count) => sum + count, 0);
  return {
    numLines: String(result.lines),
    numValid: String(result.valid),
    numDuplicates: String(result.duplicates),
    numQuarantined: String(quarantined),
  };
}

/** The events model with the declared fields as typed columns behind the contract's. */
function eventsWithDeclared(context: LakeContext): string {
  const model = readModel('silver/events');
  const { extraColumns } = context.settings.silver;
  const contract = context.tables.events.columns
    .map((column) => column.name)
    .filter((name) => !extraColumns.some((extra) => extra.name === name));
  const declared = extraColumns.map(
    ({ name, type }) => `text_to_${type.replace(/\(.*$/, '')}(declared.${name}) AS ${name}`,
  );
  return `SELECT ${[...contract, ...declared].join(', ')} FROM (${model}) AS e`;
}
