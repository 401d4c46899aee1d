/**
 * Groups the steps of a plan into as few rounds as their dependencies allow, for engines where each
 * query costs a round trip. All results are computed before the first write; writes keep their
 * order.
 */
import type { ComputeStep, Plan, PlanStep, ShowStep, WriteStep } from './plan.ts';

export interface Round {
  /** Views to define first, in this order. */
  names: readonly (ShowStep | ComputeStep)[];
  /** Results that do not depend on each other, so they can be computed together. */
  results: readonly ComputeStep[];
}

export interface Rounds {
  rounds: readonly Round[];
  writes: readonly WriteStep[];
}

/** Groups the steps of a plan. Throws if steps depend on each other in a cycle. */
export function planRounds({ steps }: Plan): Rounds {
  const writes = steps.filter((step) => step.kind === 'write');
  const waiting = new Set(steps.filter((step) => step.kind !== 'write'));
  const rounds: Round[] = [];
  while (waiting.size > 0) {
    const names = takeNames(waiting);
    const ready = [...waiting].filter(
      (step): step is ComputeStep => step.kind === 'compute' && isReady(step, waiting),
    );
    // The step that reads the lines also defines names for its caller, so it gets a round of its
    // own.
    const [lines] = ready.filter(({ result }) => result === 'batch lines');
    const results = lines === undefined ? ready : [lines];
    for (const step of results) {
      waiting.delete(step);
    }
    if (names.length === 0 && results.length === 0) {
      throw new Error('the steps of a plan depend on each other in a cycle');
    }
    rounds.push({ names, results });
  }
  return { rounds, writes };
}

type NamingStep = ShowStep | ComputeStep;

/** Removes and returns the steps that only define names and whose inputs are ready. */
function takeNames(waiting: Set<NamingStep>): NamingStep[] {
  const taken: NamingStep[] = [];
  for (let before = -1; before < taken.length; ) {
    before = taken.length;
    for (const step of waiting) {
      if ((step.kind === 'show' || step.result === 'view') && isReady(step, waiting)) {
        taken.push(step);
        waiting.delete(step);
      }
    }
  }
  return taken;
}

function isReady(step: NamingStep, waiting: ReadonlySet<PlanStep>): boolean {
  const needed = new Set(namesReadBy(step));
  for (const other of waiting) {
    const readsLines = other.kind === 'compute' && other.result === 'batch lines';
    if (other !== step && (readsLines || (other.kind !== 'write' && needed.has(other.name)))) {
      return false;
    }
  }
  return true;
}

function namesReadBy(step: NamingStep): readonly string[] {
  if (step.kind === 'compute') {
    return step.reads;
  }
  const { rows } = step;
  if (rows.kind === 'raw lines') {
    return [rows.of];
  }
  if (rows.kind === 'all') {
    return rows.when === undefined ? [] : [rows.when];
  }
  return rows.kind === 'rows' ? rows.only.map(({ among }) => among) : [];
}
