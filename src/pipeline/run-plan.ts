/**
 * Executes a plan step by step. The host provides the rows that are read and writes the results.
 */
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
import { planRounds } from './plan-rounds.ts';

/** Dates that a step returned: single dates, or ranges (first and last, inclusive). */
export type Dates =
  | { kind: 'each'; values: ReadonlySet<string> }
  | { kind: 'ranges'; ranges: Row[] };

export interface PlanHost {
  /** Shows rows of a table under the step's name. */
  show(step: ShowStep, dates: ReadonlyMap<string, Dates>): Promise<void>;
  /**
   * Called before the first write, if everything is computed by then: the writes that will follow.
   */
  beforeWrites?(
    steps: readonly WriteStep[],
    partitions: (step: WriteStep) => Set<string>,
  ): Promise<void>;
  /** `again`: another writer has changed the table, so a new plan is needed. */
  write(step: WriteStep, partitions: ReadonlySet<string>): Promise<'written' | 'again'>;
  /** Receives the rows of a step that counts. */
  counted?(name: string, rows: Row[]): void;
  /** The batch whose lines the plan reads. */
  batch?: Batch;
  /** Names to drop after the plan, in addition to those it defines. */
  leftovers?: readonly string[];
}

/**
 * Executes all steps of a plan. `again`: another writer has committed first; make a new plan. The
 * names of the plan are dropped from the session only after success.
 */
export async function runPlan(
  context: LakeContext,
  plan: Plan,
  host: PlanHost,
): Promise<'done' | 'again'> {
  const { session } = context.engine;
  const found: Found = { dates: new Map(), conditions: new Map() };
  const outcome =
    session.computeTogether === undefined
      ? await runInOrder(context, plan.steps, host, found)
      : await runInRounds(context, plan, host, found);
  if (outcome === 'done') {
    await session.drop([...namesOf(plan), ...(host.leftovers ?? [])]);
  }
  return outcome;
}

/** What the steps so far have returned. */
interface Found {
  dates: Map<string, Dates>;
  /** By relation: whether it has rows. */
  conditions: Map<string, boolean>;
}

async function runInOrder(
  context: LakeContext,
  steps: readonly PlanStep[],
  host: PlanHost,
  found: Found,
): Promise<'done' | 'again'> {
  for (const planned of steps) {
    stopIfAborted(context.signal);
    const step = await decide(context, planned, found.conditions);
    if (step.kind === 'write') {
      if ((await host.write(step, partitionsOfWrite(step, found.dates))) === 'again') {
        return 'again';
      }
    } else if (step.kind === 'show' || step.result === 'view') {
      await giveName(context, step, host, found.dates);
    } else if (step.result === 'batch lines') {
      await batchOf(host).stageLines(step.name, step.sql);
    } else if (step.result === 'kept') {
      await context.engine.session.stage(step.name, step.sql, inPartsOf(step));
    } else {
      const rows = await context.engine.session.query(queryOf(step));
      await takeAnswer(context, step, rows, host, found.dates);
    }
  }
  return 'done';
}

/** Computes results that do not depend on each other together; see `planRounds`. */
async function runInRounds(
  context: LakeContext,
  plan: Plan,
  host: PlanHost,
  found: Found,
): Promise<'done' | 'again'> {
  const { rounds, writes } = planRounds(plan);
  for (const { names, results } of rounds) {
    stopIfAborted(context.signal);
    await runInOrder(context, names, host, found);
    const [first] = results;
    if (first?.result === 'batch lines') {
      await batchOf(host).stageLines(first.name, first.sql);
      continue;
    }
    const kept = results.filter(({ result }) => result === 'kept');
    const asked = results.filter(({ result }) => result !== 'kept');
    const answers = await context.engine.session.computeTogether?.(kept, asked.map(queryOf));
    for (const [index, step] of asked.entries()) {
      await takeAnswer(context, step, answers?.[index] ?? [], host, found.dates);
    }
  }
  const decided: WriteStep[] = [];
  for (const step of writes) {
    decided.push((await decide(context, step, found.conditions)) as WriteStep);
  }
  await host.beforeWrites?.(decided, (step) => partitionsOfWrite(step, found.dates));
  return await runInOrder(context, decided, host, found);
}

async function giveName(
  { engine }: LakeContext,
  step: ShowStep | ComputeStep,
  host: PlanHost,
  dates: ReadonlyMap<string, Dates>,
): Promise<void> {
  if (step.kind === 'compute') {
    await engine.session.defineView(step.name, step.sql);
  } else if (step.rows.kind === 'raw lines') {
    await batchOf(host).stageRawLines(step.name, step.rows.of);
  } else {
    await host.show(step, dates);
  }
}

/** The query of a step whose rows are returned to the host. */
function queryOf({ result, sql }: ComputeStep): string {
  switch (result) {
    case 'dates':
      return `SELECT CAST(date AS STRING) AS date FROM (${sql}) AS d`;
    case 'date ranges':
      return `SELECT CAST(first_date AS STRING) AS first_date, CAST(last_date AS STRING) AS last_date FROM (${sql}) AS d`;
    default:
      return sql;
  }
}

async function takeAnswer(
  { engine }: LakeContext,
  { name, result, isRead }: ComputeStep,
  rows: Row[],
  host: PlanHost,
  dates: Map<string, Dates>,
): Promise<void> {
  if (result === 'counts') {
    host.counted?.(name, rows);
  } else if (result === 'date ranges') {
    dates.set(name, { kind: 'ranges', ranges: rows });
  } else {
    const values = new Set(rows.map(([date]) => String(date)));
    dates.set(name, { kind: 'each', values });
    if (isRead) {
      await engine.session.defineView(name, selectDates(values));
    }
  }
}

/**
 * If the step depends on a relation that is empty, returns a step that shows or replaces nothing.
 * `known` caches which relations have rows.
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
  const rowCount = async (): Promise<number> =>
    engine.session.rowCountOf?.(when) ??
    (await engine.session.query(`SELECT 1 FROM ${when} LIMIT 1`)).length;
  const hasRows = known.get(when) ?? (await rowCount()) > 0;
  known.set(when, hasRows);
  return hasRows ? step : otherwise;
}

/**
 * The relation a step depends on, and the step to execute if it is empty; undefined: no condition.
 */
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

/** The rows of a table that a show step names. */
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
  const [byDate] = rows.only.filter(({ among }) => dates.has(among));
  const [key] = rows.only.filter(({ among }) => !dates.has(among));
  const on = byDate && {
    column: byDate.column,
    dates: datesOf(snapshot, dates.get(byDate.among) as Dates),
  };
  if (key !== undefined) {
    return { kind: 'keys', column: key.column, among: key.among, on };
  }
  return on === undefined ? { kind: 'all' } : { kind: 'dates', ...on };
}

/** The dates of the rows that a step shows; undefined: all dates. */
export function datesToShow(
  { rows }: ShowStep,
  dates: ReadonlyMap<string, Dates>,
): ReadonlySet<string> | undefined {
  const only = rows.kind === 'rows' ? rows.only : [];
  const found = only.map(({ among }) => dates.get(among)).find((each) => each?.kind === 'each');
  return found?.kind === 'each' ? found.values : undefined;
}

function datesOf(snapshot: Snapshot | undefined, dates: Dates): ReadonlySet<string> {
  return dates.kind === 'each' ? dates.values : partitionsWithin(snapshot, dates.ranges);
}

/** The dates of the table that lie within one of the ranges. */
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
  for (const name of replaces.kind === 'all' ? [] : replaces.dates) {
    const found = dates.get(name);
    if (found?.kind === 'each') {
      for (const date of found.values) {
        union.add(date);
      }
    }
  }
  return union;
}

function selectDates(values: ReadonlySet<string>): string {
  if (values.size === 0) {
    return 'SELECT CAST(NULL AS DATE) AS date WHERE false';
  }
  const rows = [...values].map((date) => `(DATE '${date}')`);
  return `SELECT date FROM (VALUES ${rows.join(', ')}) AS v(date)`;
}
