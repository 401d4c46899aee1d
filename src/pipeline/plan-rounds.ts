/**
 * The steps of a plan in as few rounds of asking as their dependencies allow, for engines to which every
 * question is a round trip. Everything is computed before the first write; writes keep their order.
 */
import type { ComputeStep, Plan, PlanStep, ShowStep, WriteStep } from './plan.ts';

export interface Round {
  /** Gives names to rows and queries, in this order. */
  names: readonly (ShowStep | ComputeStep)[];
  /** Results that need nothing of each other. */
  results: readonly ComputeStep[];
}

export interface Rounds {
  rounds: readonly Round[];
  writes: readonly WriteStep[];
}

export function planRounds({ steps }: Plan): Rounds {
  const writes = steps.filter((step) => step.kind === 'write');
  const waiting = new Set(steps.filter((step) => step.kind !== 'write'));
  const rounds: Round[] = [];
  while (waiting.size > 0) {
    const names = takeNames(waiting);
    const ready = [...waiting].filter(
      (step): step is ComputeStep => step.kind === 'compute' && isReady(step, waiting),
    );
    // What reads the lines of a batch defines names beside its own.
    const [lines] = ready.filter(({ result }) => result === 'batch lines');
    const results = lines === undefined ? ready : [lines];
    for (const step of results) {
      waiting.delete(step);
    }
    if (names.length === 0 && results.length === 0) {
      throw new Error('steps of a plan wait for each other');
    }
    rounds.push({ names, results });
  }
  return { rounds, writes };
}

type NamingStep = ShowStep | ComputeStep;

/** Takes out the steps that only give names, as far as nothing has to be computed for them. */
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
