/** The steps of a plan in rounds, for engines to which every question is a round trip. */
import { describe, expect, it } from 'vitest';
import { EXCHANGE_RATES } from '../../src/contract/money.ts';
import { loadModels } from '../../src/pipeline/models.ts';
import { makePlan, type PlanStep } from '../../src/pipeline/plan.ts';
import { planRounds } from '../../src/pipeline/plan-rounds.ts';

const SILVER_GIVEN = ['bronze_lines', 'batch_files', 'rejected_lines'];

function planOf(layer: 'silver' | 'gold', given: readonly string[], isFull: boolean) {
  const models = loadModels(layer);
  const counts = [...models.values()].filter(({ result }) => result === 'counts');
  const tables = [...models.values()].filter(({ refresh }) => refresh !== undefined);
  const roots = [...counts, ...tables].map(({ name }) => name);
  return makePlan(models, { roots, given, isFull });
}

describe.each([
  ['a batch of Silver', planOf('silver', SILVER_GIVEN, false), SILVER_GIVEN, 9],
  ['an increment of Gold', planOf('gold', [EXCHANGE_RATES], false), [EXCHANGE_RATES], 18],
  ['all of Gold', planOf('gold', [EXCHANGE_RATES], true), [EXCHANGE_RATES], 14],
] as const)('%s in rounds', (_, plan, given, mostRounds) => {
  const { rounds, writes } = planRounds(plan);

  it('has every step once, and the writes in their order', () => {
    const taken: PlanStep[] = [
      ...rounds.flatMap((each) => [...each.names, ...each.results]),
      ...writes,
    ];
    expect(new Set(taken)).toEqual(new Set(plan.steps));
    expect(taken).toHaveLength(plan.steps.length);
    expect(writes).toEqual(plan.steps.filter(({ kind }) => kind === 'write'));
  });

  it('gives every step what it reads before', () => {
    const known = new Set<string>(given);
    const take = (step: PlanStep): void => {
      if (step.kind === 'compute') {
        expect(step.reads.filter((name) => !known.has(name))).toEqual([]);
      }
      if (step.kind === 'show' && step.rows.kind === 'rows') {
        expect(step.rows.only.filter(({ among }) => !known.has(among))).toEqual([]);
      }
    };
    for (const { names, results } of rounds) {
      for (const step of names) {
        take(step);
        known.add(step.name);
      }
      results.forEach(take);
      for (const { name } of results) {
        known.add(name);
      }
    }
  });

  it('asks a few times', () => {
    expect(rounds.length).toBeLessThanOrEqual(mostRounds);
  });
});
