import { describe, expect, it } from 'vitest';
import { parseHeader } from '../../src/pipeline/model-header.ts';
import { loadModels, type Model } from '../../src/pipeline/models.ts';
import {
  firstLookup,
  makePlan,
  namesOf,
  type Plan,
  type PlanStep,
} from '../../src/pipeline/plan.ts';

const GOLD = [
  'gold_purchase_lines',
  'gold_refunds',
  'gold_order_items',
  'gold_identities',
  'gold_users',
  'gold_orders',
  'gold_rfm',
  'gold_event_metrics',
  'gold_products',
  'gold_funnel',
  'gold_channels',
  'gold_conversion_metrics',
  'gold_sessions',
];
const SILVER = ['batch_outcome', 'unreadable_numbers', 'silver_quarantine', 'silver_events'];
const GIVEN = ['bronze_lines', 'batch_files', 'rejected_lines', 'exchange_rates'];

const PLANS: Record<string, Plan> = {
  'a batch of Silver': makePlan(loadModels('silver'), {
    roots: SILVER,
    given: GIVEN,
    isFull: false,
  }),
  'an increment of Gold': makePlan(loadModels('gold'), {
    roots: GOLD,
    given: GIVEN,
    isFull: false,
  }),
  'all of Gold': makePlan(loadModels('gold'), { roots: GOLD, given: GIVEN, isFull: true }),
};

function models(...texts: string[]): Map<string, Model> {
  const all = texts.map((sql, index): Model => {
    const file = `${index}.sql`;
    return { ...parseHeader(sql, file), file, sql };
  });
  return new Map(all.map((model) => [model.name, model]));
}

describe.each(Object.entries(PLANS))('the plan of %s', (_, plan) => {
  it('gives every name to one set of rows', () => {
    const names = namesOf(plan);
    expect(names).toEqual([...new Set(names)]);
    for (const table of [...GOLD, 'silver_events', 'silver_quarantine']) {
      expect(names).not.toContain(table);
    }
  });

  it('reads only what is there by then', () => {
    const there = new Set(GIVEN);
    for (const step of plan.steps) {
      if (step.kind === 'compute') {
        expect([...there]).toEqual(expect.arrayContaining([...step.reads]));
      }
      if (step.kind === 'write') {
        expect(there).toContain(step.from);
      } else {
        there.add(step.name);
      }
    }
  });

  it('declares everything that the SQL of its steps reads', () => {
    const names = [...namesOf(plan), ...GIVEN];
    for (const step of plan.steps) {
      if (step.kind !== 'compute') {
        continue;
      }
      const code = step.sql.replace(/--.*$/gm, '').replace(/'[^']*'/g, "''");
      const read = names.filter((name) => new RegExp(`(?:FROM|JOIN) ${name}\\b`).test(code));
      expect(new Set(step.reads), step.name).toEqual(new Set(read));
    }
  });
});

describe('a plan', () => {
  it('writes the sessions last, since they say what Gold has consumed', () => {
    const writes = PLANS['an increment of Gold']!.steps.filter(({ kind }) => kind === 'write');
    expect(writes.map((step) => step.kind === 'write' && step.table)).toEqual(GOLD);
  });

  it('says by what the work on all events can be divided', () => {
    const divided = PLANS['all of Gold']!.steps.flatMap((step) =>
      step.kind === 'compute' && step.inParts !== undefined
        ? [`${step.name} by ${step.inParts}`]
        : [],
    );
    expect(divided).toEqual([
      'all_derived_session_events by derived_from',
      'session_totals by session_id',
    ]);
    expect(() => parseHeader('-- a: one row.\n-- in parts: session_id\nSELECT 1', 'a.sql')).toThrow(
      '"in parts" is not `by column`',
    );
  });

  it('knows what it will look for first, for a remote lake to fetch it before', () => {
    const silver = (scope: string) =>
      makePlan(loadModels('silver'), {
        roots: SILVER,
        given: GIVEN,
        isFull: false,
        settings: { 'silver.conflict_scope': scope },
      });
    expect(firstLookup(silver('all'))).toEqual({ table: 'silver_events', column: 'event_id' });
    expect(firstLookup(silver('date'))).toBeUndefined();
    expect(firstLookup(PLANS['an increment of Gold']!)).toEqual({
      table: 'gold_purchase_lines',
      column: 'order_id',
    });
    expect(firstLookup(PLANS['all of Gold']!)).toBeUndefined();
  });

  it('replaces a table only when a relation has rows, and reads another only then', () => {
    const all = models(
      '-- a: one row.\n-- grain: id\n-- refresh: visitor\n-- reads: new_rows = silver, only new files\nSELECT id FROM new_rows',
      '-- b: one row.\n-- refresh: full when rows_for_a\n-- reads: old_rows = a, only when rows_for_a\nSELECT id FROM old_rows',
    );
    const stepsOf = (isFull: boolean) => makePlan(all, { roots: ['a', 'b'], isFull }).steps;
    const isOfB = (step: PlanStep) =>
      (step.kind === 'show' && step.name === 'old_rows') ||
      (step.kind === 'write' && step.table === 'b');
    expect(stepsOf(false).filter(isOfB)).toMatchObject([
      { rows: { kind: 'all', table: 'a', when: 'rows_for_a' } },
      { replaces: { kind: 'all', when: 'rows_for_a' } },
    ]);
    // It is read by its condition too, so it is computed once.
    expect(stepsOf(false).find((step) => step.kind === 'compute')).toMatchObject({
      ...{ name: 'rows_for_a', result: 'kept' },
    });
    const full = stepsOf(true).filter(isOfB);
    expect(full.map((step) => (step.kind === 'show' ? step.rows : step))).toMatchObject([
      { kind: 'none' },
      { replaces: { kind: 'all' } },
    ]);
    expect(JSON.stringify(full)).not.toContain('"when"');
  });

  it('refuses a name that means two sets of rows', () => {
    const text = (name: string, column: string) =>
      `-- ${name}: one row.\n-- grain: id\n-- refresh: full\n-- reads: some = gold_a, only ${column} in a_step\nSELECT 1`;
    const step = '-- a_step: one row.\nSELECT 1';
    expect(() =>
      makePlan(models(step, text('gold_b', 'x'), text('gold_c', 'y')), {
        roots: ['gold_b'],
        isFull: false,
      }),
    ).toThrow('some in 2.sql means other rows elsewhere');
    const other = '-- some: one row.\nSELECT 1';
    expect(() =>
      makePlan(models(step, other, text('gold_b', 'x')), { roots: ['gold_b'], isFull: false }),
    ).toThrow('some in 2.sql means other rows elsewhere');
  });

  it('refuses a step that needs itself, and one that nobody declares', () => {
    const a = '-- a: one row.\n-- reads: b\nSELECT 1';
    const b = '-- b: one row.\n-- reads: a\nSELECT 1';
    const c = '-- c: one row.\n-- reads: d\nSELECT 1';
    const all = models(a, b, c);
    expect(() => makePlan(all, { roots: ['a'], isFull: false })).toThrow('b reads a');
    expect(() => makePlan(all, { roots: ['c'], isFull: false })).toThrow(
      'c reads d, which no model declares',
    );
  });

  it('looks at all dates where a setting says so', () => {
    const plan = (scope: string) =>
      makePlan(loadModels('silver'), {
        roots: SILVER,
        given: GIVEN,
        isFull: false,
        settings: { 'silver.conflict_scope': scope },
      });
    expect(namesOf(plan('date'))).toContain('sent_dates');
    expect(namesOf(plan('all'))).not.toContain('sent_dates');
  });
});

describe('a header', () => {
  it.each([
    ['SELECT 1', 'line 1: has no first line'],
    ['-- a: one row.\n-- refresh: often\nSELECT 1', 'line 2: "refresh: often" is none of'],
    ['-- a: one row.\n-- result: lost\nSELECT 1', 'line 2: "result: lost" is none of'],
    ['-- a: one row.\n-- grain: b\n-- grain: c\nSELECT 1', 'line 3: says grain twice'],
    ['-- a: one row.\n-- grain: b\n-- grian: c\nSELECT 1', 'line 3: "grian: c" is none of'],
    ['-- a: one row.\n-- reads: b = c\nSELECT 1', 'line 2: "reads" is not'],
    ['-- a: one row.\n-- reads: b = c, only d\nSELECT 1', 'line 2: "d" is not `column in'],
    ['-- a: one row.\n-- any when: always\nSELECT 1', 'line 2: "any when" is not'],
  ])('that is wrong is refused with its line', (sql, message) => {
    expect(() => parseHeader(sql, 'a.sql')).toThrow(`the header of a.sql, ${message}`);
  });
});
