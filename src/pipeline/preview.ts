/**
 * What a run would do. It does the run's work up to the point of writing: lines are read and
 * judged, and the sessions, visitors and dates they touch are looked up. No table is written, and
 * unlisted files are not registered. It takes about as long as the run.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import { parseStatistics } from '../delta/statistics.ts';
import type { TableDefinition, TableRows } from '../engines/engine.ts';
import type { BegunRun } from './begin-run.ts';
import { type LakeContext, loadTable, requireWritable, stopIfAborted } from './context.ts';
import { checkLeftOut, foundIn } from './discover.ts';
import { type GoldState, goldPlan, goldStateFor, goldTables, rowsOfGold } from './gold.ts';
import { filesReceivedAfter, type LedgerEntry, type ReceivedFile } from './ledger.ts';
import type { Replaced } from './plan.ts';
import { planBatch } from './plan-batches.ts';
import type { RunPreview } from './reports.ts';
import { rowsToShow, runPlan } from './run-plan.ts';
import { loadSilver, processBatch, type SilverTarget } from './silver.ts';
import { requireSameSilver } from './silver-properties.ts';
import { listTables } from './tables.ts';
import { previewOwnModels } from './update-own-models.ts';

const PLANNED = 'planned_events';

/**
 * Previews a run. `maxTextBytes`: the batch size of the run, in bytes of decompressed text. Throws
 * as the run would: `lake_too_old`, `mapping_changed`, `unsupported_table_feature`.
 */
export async function previewRun(
  context: LakeContext,
  { startedAt, isRefresh: isFull, discovery, unregistered: found }: BegunRun,
  maxTextBytes: number,
): Promise<RunPreview> {
  const silver = await loadSilver(context);
  if (!isFull) {
    await requireSameSilver(context, silver.events, silver.consumed);
  }
  const waiting = await filesReceivedAfter(context, isFull ? 0 : silver.consumed);
  await checkLeftOut(context, discovery, waiting);
  const preview: RunPreview = {
    engine: context.engine.name,
    fullRefresh: isFull,
    ...foundIn(discovery),
    batches: [],
    reads: [],
    writes: [],
    durationMs: 0,
  };
  const planned = new PlannedRows(context, isFull ? undefined : silver.events, preview);
  const isDamaged = new Set(preview.damaged.map(({ path }) => path));
  const listed = await filesReceivedAfter(context, 0);
  let rest = [...waiting, ...receivedFiles(context, found, listed.at(-1)?.fileNumber ?? 0)].filter(
    ({ path }) => !isDamaged.has(path),
  );
  if (!isFull && rest.length > 0) {
    await requireWritable(context, listTables(context.tables));
  }
  while (rest.length > 0) {
    stopIfAborted(context.signal);
    const batch = planBatch(rest, maxTextBytes);
    rest = rest.slice(batch.length);
    const result = await processBatch(context, batch, planned);
    preview.batches.push({
      files: batch.length,
      firstFile: batch[0]?.path ?? '',
      lastFile: batch.at(-1)?.path ?? '',
      lines: batch.reduce((sum, file) => sum + file.lineCount, 0),
      textBytes: batch.reduce((sum, file) => sum + file.textBytes, 0),
      valid: result?.valid ?? 0,
    });
  }
  await previewGold(context, planned, { isFull, hasEvents: planned.hasEvents }, preview);
  await planned.drop();
  await previewOwn(context, preview);
  preview.durationMs = performance.now() - startedAt;
  return preview;
}

/** Files that are not in the ledger yet, with the file numbers the run would give them. */
function receivedFiles(
  { mappings }: LakeContext,
  found: readonly LedgerEntry[],
  lastNumber: number,
): ReceivedFile[] {
  return found
    .map((entry, index) => ({
      ...entry,
      fileNumber: lastNumber + 1 + index,
      mapping: mappings.numberOf(entry.source),
    }))
    .filter(({ repeats }) => repeats === null);
}

/**
 * Keeps the new rows of Silver in the session instead of writing them. The next batch sees them as
 * received earlier.
 */
class PlannedRows implements SilverTarget {
  /** The number of batches kept for each table. */
  readonly #batches = new Map<string, number>();
  readonly #context: LakeContext;
  readonly #events: Snapshot | undefined;
  readonly #preview: RunPreview;

  constructor(context: LakeContext, events: Snapshot | undefined, preview: RunPreview) {
    this.#context = context;
    this.#events = events;
    this.#preview = preview;
  }

  get hasEvents(): boolean {
    return this.#batches.has(this.#context.tables.events.name);
  }

  showHistory: SilverTarget['showHistory'] = async (step, dates) => {
    const { events } = this.#context.tables;
    await this.show(events, step.name, rowsToShow(this.#events, step, dates), this.#events);
  };

  write: SilverTarget['write'] = async ({ table, from }) => {
    const { engine, tables } = this.#context;
    if (table === tables.quarantine) {
      await this.#count(table.name, from, 'lines that are not valid events');
      return 'written';
    }
    const batch = this.#batches.get(table.name) ?? 0;
    const part = `${planned(table)}_${batch}`;
    await engine.session.stage(part, `SELECT * FROM ${from}`);
    const why = table === tables.items ? 'products of new events' : 'new valid events';
    await this.#count(table.name, part, why);
    this.#batches.set(table.name, batch + 1);
    const parts = this.#parts(table.name).map((name) => `SELECT * FROM ${name}`);
    await engine.session.defineView(planned(table), parts.join(' UNION ALL '));
    return 'written';
  };

  /** Shows stored and planned rows under one name. Returns the number of files that may be read. */
  async show(
    table: TableDefinition,
    name: string,
    stored: TableRows,
    snapshot: Snapshot | undefined,
  ): Promise<number> {
    const { engine } = this.#context;
    if (!this.#batches.has(table.name)) {
      return await engine.session.showTable(table, snapshot, stored, name);
    }
    const files = await engine.session.showTable(table, snapshot, stored, `stored_${name}`);
    const columns = table.columns.map((column) => column.name).join(', ');
    await engine.session.defineView(
      name,
      `SELECT ${columns} FROM stored_${name} UNION ALL SELECT ${columns} FROM ${planned(table)}`,
    );
    return files;
  }

  async drop(): Promise<void> {
    const { events, items } = this.#context.tables;
    const names = [events, items].flatMap((table) => [planned(table), ...this.#parts(table.name)]);
    await this.#context.engine.session.drop(names);
  }

  #parts(table: string): string[] {
    const count = this.#batches.get(table) ?? 0;
    return [...Array(count).keys()].map((batch) => `${PLANNED}_${table}_${batch}`);
  }

  async #count(table: string, from: string, why: string): Promise<void> {
    const [row] = await this.#context.engine.session.query(
      `SELECT CAST(count(*) AS BIGINT) FROM ${from}`,
    );
    const known = this.#preview.writes.find((each) => each.table === table);
    const rows = Number(row?.[0]);
    if (known !== undefined) {
      known.rows = Number(known.rows) + rows;
    } else {
      this.#preview.writes.push({ table, how: 'adds rows', rows, dates: [], of: null, why });
    }
  }
}

function planned({ name }: TableDefinition): string {
  return `${PLANNED}_${name}`;
}

async function previewGold(
  context: LakeContext,
  planned: PlannedRows,
  { isFull, hasEvents }: { isFull: boolean; hasEvents: boolean },
  preview: RunPreview,
): Promise<void> {
  const { engine, tables } = context;
  const state = await goldStateFor(context, { isFull, hasEvents });
  if (state === undefined) {
    return;
  }
  if (!isFull) {
    await requireWritable(context, goldTables(context));
  }
  const plan = goldPlan(state.newFiles === undefined, context);
  await runPlan(context, plan, {
    async show(step, dates) {
      const { table, snapshot, rows } = rowsOfGold(context, state, step, dates);
      const isOfSilver = table === tables.events || table === tables.items;
      const isPlanned = isOfSilver && !(isFull && rows.kind === 'files');
      const files = isPlanned
        ? await planned.show(table, step.name, rows, isFull ? undefined : snapshot)
        : await engine.session.showTable(table, snapshot, rows, step.name);
      if (files > 0) {
        const total = snapshot?.files.length ?? 0;
        preview.reads.push({ table: table.name, as: step.name, files, ofFiles: total });
      }
    },
    async write({ table, from, replaces }, partitions) {
      const [row] = await engine.session.query(`SELECT CAST(count(*) AS BIGINT) FROM ${from}`);
      const definition = listTables(tables).find(({ name }) => name === table);
      preview.writes.push({
        table,
        how: HOW[replaces.kind],
        rows: Number(row?.[0]),
        dates: [...partitions].sort(),
        of: await rowCount(context, definition),
        why: whyWritten(state, replaces),
      });
      return 'written';
    },
  });
}

/** The number of rows is unknown: they depend on tables that the preview does not write. */
async function previewOwn(context: LakeContext, { writes }: RunPreview): Promise<void> {
  const written = writes.map(({ table }) => table);
  for (const { table, how, why } of await previewOwnModels(context, written)) {
    const of = await rowCount(context, table);
    writes.push({ table: table.name, how, rows: null, dates: [], of, why });
  }
}

const HOW = {
  nothing: 'adds rows',
  all: 'replaces all rows',
  dates: 'replaces dates',
  keys: 'replaces rows by key',
} as const;

function whyWritten({ why, newFiles }: GoldState, replaces: Replaced): string {
  if (newFiles === undefined) {
    return why;
  }
  switch (replaces.kind) {
    case 'keys':
      return `${replaces.key} that new events touch`;
    case 'dates':
      return 'dates that new events touch';
    case 'all':
      return `changes in ${replaces.when?.replace(/^rows_for_/, '')}`;
    case 'nothing':
      return 'none of its inputs has changed';
  }
}

/** The present number of rows; null: the table does not exist. */
async function rowCount(
  context: LakeContext,
  table: TableDefinition | undefined,
): Promise<number | null> {
  const snapshot = table === undefined ? undefined : await loadTable(context, table);
  if (snapshot === undefined) {
    return null;
  }
  return snapshot.files.reduce(
    (sum, file) => sum + (parseStatistics(file.stats, snapshot.metadata.schema)?.rowCount ?? 0),
    0,
  );
}
