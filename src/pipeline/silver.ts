/**
 * Bronze to Silver: one batch of files at a time, each committed exactly once.
 *
 * A batch makes three commits: quarantine, items, events. Each stores the number of the last file
 * it covers. The events table says what Silver has consumed. If a run is killed between the
 * commits, the other tables are one batch ahead. The next run computes the same batch again, finds
 * what is written already, and adds the rest.
 */
import { type FieldCounts, noFields } from '../bronze/field-counts.ts';
import { NUMBER_FIELDS } from '../contract/fields.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type {
  ExpectedRows,
  Row,
  TableDefinition,
  WriteRequest,
  WriteResult,
} from '../engines/engine.ts';
import { withProperties } from '../engines/table-metadata.ts';
import { ClicklakeError, type ErrorCode } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import type { ReceivedFile } from './ledger.ts';
import { loadModels } from './models.ts';
import { makePlan, type Plan, type ShowStep, type WriteStep } from './plan.ts';
import type { OutcomeCounts, UnknownTypes, UnreadableNumbers } from './reports.ts';
import { type Dates, rowsToShow, runPlan } from './run-plan.ts';
import { ignoredRecords, silverProperties } from './silver-properties.ts';
import { readSourceOutcomes, type SourceOutcome } from './source-outcome.ts';
import type { LakeTable } from './tables.ts';
import { addFilledFields, type FilledFields } from './unfilled-fields.ts';
import { UNKNOWN_TYPE, unknownTypesOfBatch } from './unknown-types.ts';
import { addSeenPaths, type SeenPaths } from './unused-paths.ts';

export const SILVER_APP_ID = 'clicklake-silver';

export interface SilverState {
  events: Snapshot | undefined;
  /** The tables of Silver that exist, by name. */
  snapshots: ReadonlyMap<string, Snapshot>;
  /** Number of the last file whose lines are in Silver; 0: none. */
  consumed: number;
  /** If other tables are one batch ahead of the events: the last file of that batch. */
  unfinished: number | undefined;
}

export interface BatchResult extends OutcomeCounts {
  unknownFields: FieldCounts;
  unreadableNumbers: UnreadableNumbers;
  blankLines: number;
  sources: SourceOutcome[];
  unknownTypes: UnknownTypes[];
  /** An upper bound for the items of the batch. */
  itemsAtMost: number;
  filled: FilledFields;
  seen: SeenPaths;
}

/** Where the rows of a batch are written: to the tables, or to the draft of a full refresh. */
export interface SilverTarget {
  /** Shows the events that were received before the batch; at least those that the step reads. */
  showHistory(step: ShowStep, dates: ReadonlyMap<string, Dates>): Promise<void>;
  /** Announces the rows that will be written, so that the engine can prepare. */
  prepare?(rows: readonly SilverRows[]): Promise<void>;
  /** Writes one table of Silver. Called once per table, events last. */
  write(rows: SilverRows): Promise<WriteOutcome>;
}

export interface SilverRows {
  table: TableDefinition;
  /** The name of the rows in the session. */
  from: string;
  /** Metrics for the commit. */
  metrics: Record<string, string>;
  expected: ExpectedRows;
  /** Number of records in the batch that mappings ignore. */
  ignored: number;
}

/**
 * The tables of Silver in the order in which they are written. Events last: what they have, all
 * have.
 */
export function silverOrder({ quarantine, items, events }: LakeContext['tables']): LakeTable[] {
  return [quarantine, items, events];
}

/** `again`: another writer committed first; reload the tables and repeat. */
export type WriteOutcome = 'written' | 'again';

/** Loads the tables of Silver and determines how far they have come. */
export async function loadSilver(context: LakeContext): Promise<SilverState> {
  const snapshots = new Map<string, Snapshot>();
  let ahead = 0;
  for (const table of silverOrder(context.tables)) {
    const snapshot = await loadTable(context, table);
    if (snapshot !== undefined) {
      snapshots.set(table.name, snapshot);
      ahead = Math.max(ahead, snapshot.txns.get(SILVER_APP_ID) ?? 0);
    }
  }
  const events = snapshots.get(context.tables.events.name);
  const consumed = events?.txns.get(SILVER_APP_ID) ?? 0;
  return { events, snapshots, consumed, unfinished: ahead > consumed ? ahead : undefined };
}

/** The target that writes a batch of these files to the tables. */
export function silverTables(
  context: LakeContext,
  state: SilverState,
  files: readonly ReceivedFile[],
  onWritten: (table: TableDefinition, result: WriteResult & { kind: 'committed' }) => void,
): SilverTarget {
  const { engine, tables } = context;
  const lastFile = files.at(-1)?.fileNumber ?? 0;
  const requestOf = ({ table, from, metrics, expected, ignored }: SilverRows): WriteRequest => {
    const base = state.snapshots.get(table.name);
    const isEvents = table.name === tables.events.name;
    const total = ignoredRecords(state.events) + ignored;
    const properties = isEvents ? silverProperties(context, files, total, base) : {};
    const expectedVersion = base?.txns.get(SILVER_APP_ID);
    return {
      ...{ base, from, metrics },
      table: withProperties(table, properties),
      ...expected,
      txn: { appId: SILVER_APP_ID, version: lastFile, expectedVersion },
    };
  };
  return {
    async showHistory(step, dates) {
      const rows = rowsToShow(state.events, step, dates);
      await engine.session.showTable(tables.events, state.events, rows, step.name, 'often');
    },
    async prepare(rows) {
      const writes = rows.filter(({ expected }) => expected.rowCountAtMost !== 0).map(requestOf);
      await engine.writer.prepareWrites?.(writes);
    },
    async write(rows) {
      const result = await engine.writer.append(requestOf(rows));
      if (result.kind === 'committed') {
        onWritten(rows.table, result);
      }
      return result.kind === 'conflict' ? 'again' : 'written';
    },
  };
}

/**
 * Reads the files, sorts every line into valid, duplicate or quarantined, checks that none is
 * missing, and writes the rows. Returns undefined if another run committed first: the tables must
 * be loaded again, and nothing is counted.
 */
export async function processBatch(
  context: LakeContext,
  files: readonly ReceivedFile[],
  target: SilverTarget,
): Promise<BatchResult | undefined> {
  try {
    return await computeBatch(context, files, target);
  } catch (error) {
    // A file that has changed since ingest can cause many errors. This check names it.
    if (!isEnvironmentFailure(error)) {
      await context.engine.records.check(files, context.signal);
    }
    throw error;
  }
}

/** A failure of the environment (disk, permissions, log), not of the input. */
function isEnvironmentFailure(error: unknown): boolean {
  const codes: ErrorCode[] = ['disk_full', 'permission_denied', 'table_corrupt'];
  return error instanceof ClicklakeError && codes.includes(error.code);
}

/** The plan of a batch. Counts are checked first: nothing is written unless they add up. */
export function silverPlan({ settings, tables }: Pick<LakeContext, 'settings' | 'tables'>): Plan {
  const models = loadModels('silver');
  const events = models.get(tables.events.name);
  if (events !== undefined) {
    models.set(events.name, { ...events, sql: withDeclared(events.sql, settings, tables) });
  }
  return makePlan(models, {
    roots: [
      ...['batch_outcome', 'unreadable_numbers', 'files_with_events'],
      ...silverOrder(tables).map(({ name }) => name),
    ],
    given: ['bronze_lines', 'batch_files', 'rejected_lines'],
    isFull: false,
    settings: { 'silver.conflict_scope': settings.silver.conflictScope },
  });
}

async function computeBatch(
  context: LakeContext,
  files: readonly ReceivedFile[],
  target: SilverTarget,
): Promise<BatchResult | undefined> {
  const { engine, settings, tables } = context;
  const names = settings.silver.extraColumns.map(({ name, type }) => ({ name, type }));
  const batch = await engine.records.open(files, names);
  const result = emptyResult(files);
  let withEvents: ReadonlySet<number> = new Set();
  /** When all counts are there. */
  const conclude = async (): Promise<Record<string, string>> => {
    result.unknownFields = await batch.countUnknownFields('parsed_events');
    result.sources = await readSourceOutcomes(context, files, withEvents);
    if (result.quarantined[UNKNOWN_TYPE] !== undefined) {
      result.unknownTypes = await unknownTypesOfBatch(context, files);
    }
    await addFilledFields(context, files, result.filled);
    addSeenPaths(context, files, batch.foundPaths(), result.seen);
    checkConservation(result, files);
    return outcomeMetrics(result, files.length);
  };
  let metrics: Record<string, string> | undefined;
  const rowsOf = async (
    { table, from }: WriteStep,
    largePartitions: ReadonlySet<string>,
  ): Promise<SilverRows> => {
    metrics ??= await conclude();
    const definition = silverOrder(tables).find(({ name }) => name === table);
    if (definition === undefined) {
      throw new Error(`no table ${table}`);
    }
    return {
      ...{ table: definition, from, metrics },
      expected: expectedRows(definition, result, largePartitions),
      ignored: result.ignored,
    };
  };
  const outcome = await runPlan(context, silverPlan(context), {
    batch,
    show: (step, dates) => target.showHistory(step, dates),
    counted(name, rows) {
      if (name === 'files_with_events') {
        withEvents = new Set(rows.map(([fileNumber]) => Number(fileNumber)));
      } else {
        addOutcome(result, name, rows);
      }
    },
    leftovers: ['rejected_lines'],
    async beforeWrites(steps, partitionsOf) {
      const rows: SilverRows[] = [];
      for (const step of steps) {
        rows.push(await rowsOf(step, partitionsOf(step)));
      }
      await target.prepare?.(rows);
    },
    write: async (step, largePartitions) => await target.write(await rowsOf(step, largePartitions)),
  });
  await batch.release();
  return outcome === 'done' ? result : undefined;
}

function expectedRows(
  table: TableDefinition,
  result: BatchResult,
  largePartitions: ReadonlySet<string>,
): ExpectedRows {
  switch (table.name) {
    case 'silver_quarantine':
      return { rowCountAtMost: quarantinedCount(result) };
    case 'silver_items':
      return { largePartitions, rowCountAtMost: result.itemsAtMost };
    default:
      return { largePartitions, rowCountAtMost: result.valid };
  }
}

function emptyResult(files: readonly ReceivedFile[]): BatchResult {
  return {
    lines: files.reduce((sum, file) => sum + file.lineCount, 0),
    blankLines: files.reduce((sum, file) => sum + file.blankLineCount, 0),
    valid: 0,
    duplicates: 0,
    ignored: 0,
    itemsAtMost: 0,
    quarantined: {},
    unknownFields: noFields(),
    unreadableNumbers: noUnreadableNumbers(),
    sources: [],
    unknownTypes: [],
    filled: new Map(),
    seen: new Map(),
  };
}

function addOutcome(result: BatchResult, name: string, rows: readonly Row[]): void {
  if (name === 'unreadable_numbers') {
    for (const [bits, count] of rows) {
      addUnreadable(result.unreadableNumbers, Number(bits), Number(count));
    }
    return;
  }
  for (const [outcome, reason, count] of rows) {
    if (outcome === 'valid') {
      result.valid += Number(count);
    } else if (outcome === 'duplicate') {
      result.duplicates += Number(count);
    } else if (outcome === 'ignored') {
      result.ignored += Number(count);
    } else if (outcome === 'items') {
      result.itemsAtMost += Number(count);
    } else {
      result.quarantined[String(reason)] = Number(count);
    }
  }
}

export function noUnreadableNumbers(): UnreadableNumbers {
  return Object.fromEntries(NUMBER_FIELDS.map((name) => [name, 0]));
}

/** Adds to the counts of the fields whose bit is set in `bits`. */
function addUnreadable(counts: UnreadableNumbers, bits: number, eventCount: number): void {
  for (const [index, name] of NUMBER_FIELDS.entries()) {
    if ((bits & (2 ** index)) !== 0) {
      counts[name] = (counts[name] ?? 0) + eventCount;
    }
  }
}

/**
 * The promise of the product: no line is lost. `line_count` was counted by other code at ingest.
 */
function checkConservation(result: BatchResult, files: readonly ReceivedFile[]): void {
  const accounted = result.valid + result.duplicates + result.ignored + quarantinedCount(result);
  if (accounted === result.lines) {
    return;
  }
  throw new ClicklakeError(
    'conservation_violated',
    `${result.lines} lines were received in ${files[0]?.path ?? ''} and ${files.length - 1} more files, but ${accounted} are accounted for`,
    { hint: 'nothing was written; please report this with the output of --verbose' },
  );
}

function quarantinedCount({ quarantined }: BatchResult): number {
  return Object.values(quarantined).reduce((sum, count) => sum + count, 0);
}

/** The counts for the commit, in the form that history.ts reads. */
function outcomeMetrics(result: BatchResult, fileCount: number): Record<string, string> {
  return {
    numFilesRead: String(fileCount),
    numLines: String(result.lines),
    numValid: String(result.valid),
    numDuplicates: String(result.duplicates),
    numIgnored: String(result.ignored),
    numQuarantined: String(quarantinedCount(result)),
  };
}

/** The events model with the declared extra columns after those of the contract. */
function withDeclared(
  model: string,
  { silver }: Pick<LakeContext['settings'], 'silver'>,
  { events }: Pick<LakeContext['tables'], 'events'>,
): string {
  const contract = events.columns
    .map((column) => column.name)
    .filter((name) => !silver.extraColumns.some((extra) => extra.name === name));
  const declared = silver.extraColumns.map(
    ({ name, type }) => `text_to_${type.replace(/\(.*$/, '')}(declared.${name}) AS ${name}`,
  );
  return `SELECT ${[...contract, ...declared].join(', ')} FROM (${model}) AS e`;
}
