/**
 * Derives the plan of a run from the headers of the models: which rows of which table get which
 * name, what is computed and kept, what is written, and in which order.
 */
import { ClicklakeError } from '../errors.ts';
import type { Restriction, StepResult, TableSlice } from './model-header.ts';
import type { Model } from './models.ts';

export type PlanStep = ShowStep | ComputeStep | WriteStep;

/** Gives a name to rows of a table, or to raw lines. */
export interface ShowStep {
  kind: 'show';
  name: string;
  /** `when`: no rows if this relation is empty. */
  rows:
    | { kind: 'all'; table: string; when?: string }
    | { kind: 'none' | 'new files'; table: string }
    | { kind: 'rows'; table: string; only: readonly Restriction[] }
    | { kind: 'raw lines'; of: string };
}

export interface ComputeStep {
  kind: 'compute';
  name: string;
  result: StepResult;
  reads: readonly string[];
  sql: string;
  /** For dates: SQL reads the name too, so the result must also be a relation. */
  isRead: boolean;
  /** A column by which the input can be divided if it does not fit into memory. */
  inParts?: string | undefined;
}

export interface WriteStep {
  kind: 'write';
  table: string;
  /** The name of the rows to write. */
  from: string;
  replaces: Replaced;
}

/** The rows that the new rows replace. */
export type Replaced =
  /** Rows are only added. `dates`: steps that return the dates with most of the new rows. */
  | { kind: 'nothing'; dates: readonly string[] }
  /** `when`: if this relation is empty, nothing is written and all rows stay. */
  | { kind: 'all'; when?: string }
  /** All rows on the dates that these steps returned. */
  | { kind: 'dates'; column: string; dates: readonly string[] }
  /**
   * The rows whose key is in the relation `keys`. `dates`: the steps that return the dates of these
   * rows, and `column` that of the dates; absent if files are not separated by dates.
   */
  | { kind: 'keys'; key: string; keys: string; column?: string; dates: readonly string[] };

export interface Plan {
  steps: readonly PlanStep[];
}

export interface PlanRequest {
  /** Tables to write and counts to return, in this order. */
  roots: readonly string[];
  /** Names that exist before the plan starts. */
  given?: readonly string[];
  /** Everything is recomputed: all of Silver is read, and nothing of Gold. */
  isFull: boolean;
  /** The values of settings that model headers refer to. */
  settings?: Readonly<Record<string, string>>;
}

/** The name of the rows that are computed for a table. */
function rowsFor(table: string): string {
  return `rows_for_${table}`;
}

/** Throws `config_invalid` if a name is unknown, means two sets of rows, or depends on itself. */
export function makePlan(models: ReadonlyMap<string, Model>, request: PlanRequest): Plan {
  const slices = collectSlices(models);
  const steps: PlanStep[] = [];
  const done = new Set(request.given);
  /** Names of relations that are known to be empty. */
  const empty = new Set<string>();
  const begun = new Set<string>();

  const need = (name: string, by: string): void => {
    if (done.has(name)) {
      return;
    }
    if (begun.has(name)) {
      throw planError(`${by} reads ${name}, which is computed from ${by}`);
    }
    begun.add(name);
    const slice = slices.get(name);
    const table = [...models.values()].find((model) => rowsFor(model.name) === name);
    const step = models.get(name);
    const model = step?.refresh === undefined ? (step ?? table) : undefined;
    if (slice !== undefined) {
      addSlice(slice);
    } else if (model !== undefined) {
      addStep(model, name);
    } else {
      throw planError(`${by} reads ${name}, which no model declares`);
    }
    done.add(name);
  };
  const addSlice = (slice: TableSlice): void => {
    const rows = rowsOf(models, slice, request);
    if (rows.kind === 'raw lines') {
      need(rows.of, slice.name);
    }
    if (rows.kind === 'all' && rows.when !== undefined) {
      need(rows.when, slice.name);
    }
    if (rows.kind === 'rows') {
      for (const { among } of rows.only) {
        need(among, slice.name);
      }
    }
    if (rows.kind === 'none') {
      empty.add(slice.name);
    }
    steps.push({ kind: 'show', name: slice.name, rows });
  };
  const addStep = (model: Model, name: string): void => {
    const other = request.isFull && model.inFull !== 'view' ? model.inFull : undefined;
    if (other !== undefined && models.get(other)?.refresh === undefined && models.has(other)) {
      need(other, model.name);
      const sql = `SELECT * FROM ${other}`;
      steps.push({ kind: 'compute', name, result: 'view', reads: [other], sql, isRead: false });
      return;
    }
    if (other !== undefined) {
      steps.push({ kind: 'show', name, rows: { kind: 'all', table: other } });
      return;
    }
    for (const read of model.reads) {
      need(read, model.name);
    }
    const isEmpty = model.reads.length > 0 && model.reads.every((read) => empty.has(read));
    if (isEmpty) {
      empty.add(name);
    }
    const result = resultOf(model, request);
    // There is no use in keeping an empty result.
    const kept = isEmpty && result === 'kept' ? 'view' : result;
    steps.push({ ...computeStep(model, name), result: kept });
  };
  for (const root of request.roots) {
    const model = models.get(root);
    if (model === undefined) {
      throw planError(`no model declares ${root}`);
    }
    if (model.refresh === undefined) {
      need(root, 'the run');
    } else {
      need(rowsFor(root), root);
      const { keys, dates, when } = model.refresh;
      const asked = [keys, when, ...dates].filter((name) => name !== undefined);
      if (!request.isFull) {
        for (const name of asked) {
          need(name, root);
        }
      }
      steps.push(writeStep(model, request.isFull));
    }
  }
  const divided = request.roots.filter((root) => models.get(root)?.filesBy !== undefined);
  return { steps: keepWhatIsReadAgain(steps, divided.map(rowsFor)) };
}

/** All slices by name. Throws if two models define a name differently. */
function collectSlices(models: ReadonlyMap<string, Model>): Map<string, TableSlice> {
  const slices = new Map<string, TableSlice>();
  for (const model of models.values()) {
    for (const slice of model.slices) {
      const known = slices.get(slice.name);
      const isOther = known !== undefined && JSON.stringify(known) !== JSON.stringify(slice);
      if (isOther || models.has(slice.name)) {
        throw planError(`${slice.name} in ${model.file} means other rows elsewhere`);
      }
      slices.set(slice.name, slice);
    }
  }
  return slices;
}

function rowsOf(
  models: ReadonlyMap<string, Model>,
  slice: TableSlice,
  { isFull, settings = {} }: PlanRequest,
): ShowStep['rows'] {
  if (slice.kind === 'raw lines') {
    return { kind: 'raw lines', of: slice.of };
  }
  const { table } = slice;
  // A full computation starts with empty Gold tables.
  if (isFull && (slice.kind === 'new files' || models.has(table))) {
    return { kind: 'none', table };
  }
  if (slice.kind === 'new files') {
    return { kind: 'new files', table };
  }
  if (isFull) {
    return { kind: 'all', table };
  }
  if (slice.kind === 'all') {
    return { kind: 'all', table, when: slice.when };
  }
  const only = slice.only.filter(({ among }) => {
    const condition = models.get(among)?.anyWhen;
    return condition === undefined || settings[condition.setting] !== condition.value;
  });
  return { kind: 'rows', table, only };
}

function resultOf(model: Model, { isFull }: PlanRequest): StepResult {
  // A full computation reads all dates, so it asks for none.
  if (isFull && (model.result === 'dates' || model.result === 'date ranges')) {
    return 'view';
  }
  if (isFull && model.inFull === 'view') {
    return 'view';
  }
  return model.result;
}

function computeStep(model: Model, name: string): ComputeStep {
  const { reads, sql, result, inParts } = model;
  return { kind: 'compute', name, result, reads, sql, isRead: false, inParts };
}

function writeStep(model: Model, isFull: boolean): WriteStep {
  const { name } = model;
  return { kind: 'write', table: name, from: rowsFor(name), replaces: replacedBy(model, isFull) };
}

function replacedBy(
  { name, grain, partition, filesBy, refresh }: Model,
  isFull: boolean,
): Replaced {
  if (refresh === undefined) {
    throw planError(`${name} is not a table`);
  }
  const { kind, dates, when } = refresh;
  if (kind === 'batch' || kind === 'ingest') {
    return { kind: 'nothing', dates };
  }
  if (kind === 'full' || isFull) {
    return when === undefined || isFull ? { kind: 'all' } : { kind: 'all', when };
  }
  const [key = ''] = grain;
  const column = partition ?? filesBy;
  if (kind === 'date') {
    return { kind: 'dates', column: column ?? key, dates };
  }
  const keys = refresh.keys ?? rowsFor(name);
  return column === undefined
    ? { kind: 'keys', key, keys, dates: [] }
    : { kind: 'keys', key, keys, column, dates };
}

/**
 * Keeps the rows of a table in the session if another step reads them too, or the write reads them
 * more than once. `divided`: rows that are divided into files by date.
 */
function keepWhatIsReadAgain(steps: readonly PlanStep[], divided: readonly string[]): PlanStep[] {
  const read = new Set([
    ...divided,
    ...steps.flatMap((step) => {
      if (step.kind === 'compute') {
        return step.reads;
      }
      return step.kind === 'write' && step.replaces.kind === 'keys' ? [step.replaces.keys] : [];
    }),
  ]);
  return steps.map((step) => {
    if (step.kind !== 'compute') {
      return step;
    }
    const isRead = read.has(step.name);
    return { ...step, isRead, result: isRead && isRows(step.name) ? 'kept' : step.result };
  });
}

function isRows(name: string): boolean {
  return name.startsWith(rowsFor(''));
}

/** The names that the plan leaves in the session. */
export function namesOf({ steps }: Plan): string[] {
  return steps.flatMap((step) => (step.kind === 'write' ? [] : [step.name]));
}

/**
 * The first lookup by key that is not limited to dates. Files that probably match can be downloaded
 * in advance.
 */
export function firstLookup({ steps }: Plan): { table: string; column: string } | undefined {
  const dates = new Set(
    steps.flatMap((step) =>
      step.kind === 'compute' && step.result.startsWith('date') ? [step.name] : [],
    ),
  );
  for (const step of steps) {
    if (step.kind !== 'show' || step.rows.kind !== 'rows') {
      continue;
    }
    const { table, only } = step.rows;
    const [first] = only;
    if (first !== undefined && !only.some(({ among }) => dates.has(among))) {
      return { table, column: first.column };
    }
  }
  return undefined;
}

function planError(message: string): ClicklakeError {
  return new ClicklakeError('config_invalid', message, {
    hint: 'look at the `reads` of the model headers',
  });
}
