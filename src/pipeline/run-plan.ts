/** Carries out a plan, step by step. The host decides where rows come from and where they go. */
import type { Snapshot } from '../delta/snapshot.ts';
import type { Batch, Division, Row, TableRows } from '../engines/engine.ts';
import { type LakeContext, stopIfAborted } from './context.ts';
import {
  type ComputeStep,
  namesOf,
  type Plan,
  type PlanStep,
  type ShowStep,
  type WriteStep,
} from './plan.ts';

/** Dates that a step has returned: each one, or ranges of them (first and last, inclusive). */
export type Dates =
  | { kind: 'each'; values: ReadonlySet<string> }
  | { kind: 'ranges'; ranges: Row[] };

export interface PlanHost {
  /** Shows rows of a table under the step's name. */
  show(step: ShowStep, dates: ReadonlyMap<string, Dates>): Promise<void>;
  /** `again`: another writer has changed the table, so a new plan is needed. */
  write(step: WriteStep, partitions: ReadonlySet<string>): Promise<'written' | 'again'>;
  /** Rows of a step that counts. */
  counted?(name: string, rows: Row[]): void;
  /** Where a plan reads lines. */
  batch?: Batch;
  /** Names beside the plan's own that are to be forgotten with them. */
  leftovers?: readonly string[];
}

export async function runPlan(
  context: LakeContext,
  plan: Plan,
  host: PlanHost,
): Promise<'done' | 'again'> {
  const { engine } = context;
  const dates = new Map<string, Dates>();
  const conditions = new Map<string, boolean>();
  for (const planned of plan.steps) {
    stopIfAborted(context.signal);
    const step = await decide(context, planned, conditions);
    if (step.kind === 'write') {
      if ((await host.write(step, partitionsOfWrite(step, dates))) === 'again') {
        return 'again';
      }
    } else if (step.kind === 'show') {
      if (step.rows.kind === 'raw lines') {
        await batchOf(host).stageRawLines(step.name, step.rows.of);
      } else {
        await host.show(step, dates);
      }
    } else {
      const { name, sql, result } = step;
      if (result === 'view') {
        await engine.session.defineView(name, sql);
      } else if (result === 'kept') {
        await engine.session.stage(name, sql, inPartsOf(step));
      } else if (result === 'batch lines') {
        await batchOf(host).stageLines(name, sql);
      } else if (result === 'counts') {
        host.counted?.(name, await engine.session.query(sql));
      } else if (result === 'dates') {
        const values = await queryDates(context, sql);
        dates.set(name, { kind: 'each', values });
        if (step.isRead) {
          await engine.session.defineView(name, selectDates(values));
        }
      } else {
        dates.set(name, { kind: 'ranges', ranges: await queryRanges(context, sql) });
      }
    }
  }
  await engine.session.drop([...namesOf(plan), ...(host.leftovers ?? [])]);
  return 'done';
}

/**
 * Nothing is shown, or replaced, of what depends on a relation that has no rows. `known`: which relations have
 * some; each is asked once.
 */
async function decide(
  { engine }: LakeContext,
  step: PlanStep,
  known: Map<string, boolean>,
): Promise<PlanStep> {
  const condition = conditionOf(step);
  if (condition === undefined) {
    return step;
  }
  const { when, otherwise } = condition;
  const hasRows =
    known.get(when) ?? (await engine.session.query(`SELECT 1 FROM ${when} LIMIT 1`)).length > 0;
  known.set(when, hasRows);
  return hasRows ? step : otherwise;
}

/** `otherwise`: the step where the relation `when` has no rows. Undefined: it does not depend on any. */
function conditionOf(step: PlanStep): { when: string; otherwise: PlanStep } | undefined {
  if (step.kind === 'show' && step.rows.kind === 'all' && step.rows.when !== undefined) {
    const { table, when } = step.rows;
    return { when, otherwise: { ...step, rows: { kind: 'none', table } } };
  }
  if (step.kind === 'write' && step.replaces.kind === 'all' && step.replaces.when !== undefined) {
    const { when } = step.replaces;
    return { when, otherwise: { ...step, replaces: { kind: 'nothing', dates: [] } } };
  }
  return undefined;
}

function inPartsOf({ inParts, reads }: ComputeStep): Division | undefined {
  return inParts === undefined ? undefined : { relations: reads, column: inParts };
}

function batchOf({ batch }: PlanHost): Batch {
  if (batch === undefined) {
    throw new Error('a plan without a batch reads lines');
  }
  return batch;
}

/** The rows of a table that a step shows. */
export function rowsToShow(
  snapshot: Snapshot | undefined,
  { rows }: ShowStep,
  dates: ReadonlyMap<string, Dates>,
): TableRows {
  if (rows.kind === 'none') {
    return { kind: 'files', files: [] };
  }
  if (rows.kind !== 'rows') {
    return { kind: 'all' };
  }
  const byDate = rows.only.filter(({ among }) => dates.has(among));
  const [key] = rows.only.filter(({ among }) => !dates.has(among));
  const partitions = partitionsOf(
    snapshot,
    byDate.map(({ among }) => dates.get(among)),
  );
  if (key !== undefined) {
    return { kind: 'keys', column: key.column, among: key.among, partitions };
  }
  return partitions === undefined ? { kind: 'all' } : { kind: 'partitions', values: partitions };
}

/** The dates on which a step wants rows; undefined: any. */
export function datesToShow(
  { rows }: ShowStep,
  dates: ReadonlyMap<string, Dates>,
): ReadonlySet<string> | undefined {
  const only = rows.kind === 'rows' ? rows.only : [];
  const found = only.map(({ among }) => dates.get(among)).find((each) => each?.kind === 'each');
  return found?.kind === 'each' ? found.values : undefined;
}

/** Undefined: any. */
function partitionsOf(
  snapshot: Snapshot | undefined,
  [dates]: readonly (Dates | undefined)[],
): ReadonlySet<string> | undefined {
  if (dates === undefined) {
    return undefined;
  }
  return dates.kind === 'each' ? dates.values : partitionsWithin(snapshot, dates.ranges);
}

/** The table's dates that lie in one of the ranges. */
function partitionsWithin(snapshot: Snapshot | undefined, ranges: readonly Row[]): Set<string> {
  const [column = ''] = snapshot?.metadata.partitionColumns ?? [];
  const dates = new Set<string>();
  for (const file of snapshot?.files ?? []) {
    const date = file.partitionValues[column];
    if (date == null || dates.has(date)) {
      continue;
    }
    if (ranges.some(([first, last]) => String(first) <= date && date <= String(last))) {
      dates.add(date);
    }
  }
  return dates;
}

function partitionsOfWrite(
  { replaces }: WriteStep,
  dates: ReadonlyMap<string, Dates>,
): Set<string> {
  const union = new Set<string>();
  for (const name of replaces.kind === 'all' ? [] : (replaces.dates ?? [])) {
    const found = dates.get(name);
    if (found?.kind === 'each') {
      for (const date of found.values) {
        union.add(date);
      }
    }
  }
  return union;
}

/** Dates as text, from a query with one column of dates. */
async function queryDates(context: LakeContext, sql: string): Promise<Set<string>> {
  const rows = await context.engine.session.query(`SELECT CAST(date AS STRING) FROM (${sql}) AS d`);
  return new Set(rows.map(([date]) => String(date)));
}

async function queryRanges(context: LakeContext, sql: string): Promise<Row[]> {
  return await context.engine.session.query(
    `SELECT CAST(first_date AS STRING), CAST(last_date AS STRING) FROM (${sql}) AS d`,
  );
}

function selectDates(values: ReadonlySet<string>): string {
  if (values.size === 0) {
    return 'SELECT CAST(NULL AS DATE) AS date WHERE false';
  }
  const rows = [...values].map((date) => `(DATE '${date}')`);
  return `SELECT date FROM (VALUES ${rows.join(', ')}) AS v(date)`;
}
