/** What the calculation items make of measures, over a shop with a session more on each day of a week. */
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/powerbi/measure.ts';
import { createDaxEvaluator, type Row, type Value } from '../fixtures/powerbi/dax-evaluator.ts';
import { toContext, toDate, toDay } from '../fixtures/powerbi/gold-rows.ts';
import { makeProject, readModel } from '../fixtures/powerbi/project.ts';
import type { TmdlObject } from '../fixtures/powerbi/tmdl-reader.ts';

const FIRST = toDay('2023-11-20');
const LAST = toDay('2025-03-12');
const DAYS = Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index);

/** Sessions of a day; every third of them buys. */
const sessionsOf = (day: number) => 1 + (day % 7) + (day % 5);
const isBuyer = (day: number, index: number) => (day + index) % 3 === 0;

const model = readModel(makeProject());
const group = model.otherTables.find(({ name }) => name === 'Time Intelligence')!;
const items = new Map(
  group.children
    .flatMap(({ children }) => children)
    .filter(({ kind }) => kind === 'calculationItem')
    .map((item) => [item.name!, item] as const),
);

const from = toDay('2023-01-01');
const rows = new Map<string, Row[]>([
  [
    'Date',
    Array.from({ length: toDay('2025-12-31') - from + 1 }, (_, index) => {
      const day = from + index;
      return { Date: day, 'Has Data': day >= FIRST && day <= LAST };
    }),
  ],
  [
    'Sessions',
    DAYS.flatMap((day) =>
      Array.from({ length: sessionsOf(day) }, (_, index) => {
        return { session_date: day, 'Has Purchase': isBuyer(day, index) };
      }),
    ),
  ],
]);
const evaluator = createDaxEvaluator({
  tables: rows,
  relationships: model.relationships,
  measures: new Map([...model.measures].map(([name, { expression }]) => [name, expression!])),
});

interface Days {
  from: string;
  to: string;
}

function evaluate(item: string, name: string, days: Days | undefined): Value {
  const context =
    days === undefined ? [] : toContext({ from: toDay(days.from), to: toDay(days.to) });
  const format = model.measures.get(name)!.properties.get('formatString')!;
  return evaluator.item(items.get(item)!.expression!, { name, format }, context);
}

function countSessions(days: Days): number {
  return DAYS.filter((day) => toDate(day) >= days.from && toDate(day) <= days.to).reduce(
    (sum, day) => sum + sessionsOf(day),
    0,
  );
}

function rateOf(days: Days): number {
  const chosen = DAYS.filter((day) => toDate(day) >= days.from && toDate(day) <= days.to);
  const buyers = chosen.flatMap((day) =>
    Array.from({ length: sessionsOf(day) }, (_, index) => isBuyer(day, index)),
  );
  return buyers.filter(Boolean).length / buyers.length;
}

const days = (text: string): Days => {
  const [from, to] = text.split(' ') as [string, string];
  return { from, to };
};

describe('a measure', () => {
  it.each([
    ['Current', undefined, '2023-11-20 2025-03-12'],
    ['Current', '2024-05-01 2024-05-31', '2024-05-01 2024-05-31'],
    // Wednesday, 12 March 2025 is the last day of the data.
    ['WTD', undefined, '2025-03-10 2025-03-12'],
    ['WTD', '2024-06-01 2024-06-02', '2024-05-27 2024-06-02'],
    ['MTD', undefined, '2025-03-01 2025-03-12'],
    ['MTD', '2025-01-01 2025-12-31', '2025-03-01 2025-03-12'],
    ['MTD', '2024-02-10 2024-02-29', '2024-02-01 2024-02-29'],
    ['QTD', '2024-12-30 2024-12-31', '2024-10-01 2024-12-31'],
    ['QTD', '2024-05-15 2024-05-15', '2024-04-01 2024-05-15'],
    ['YTD', undefined, '2025-01-01 2025-03-12'],
    ['YTD', '2024-02-29 2024-02-29', '2024-01-01 2024-02-29'],
    ['Previous Period', '2024-05-08 2024-05-14', '2024-05-01 2024-05-07'],
    ['Previous Period', '2025-03-01 2025-03-31', '2025-02-17 2025-02-28'],
    ['Previous Year', '2024-12-01 2024-12-31', '2023-12-01 2023-12-31'],
    ['Previous Year', '2025-01-01 2025-12-31', '2024-01-01 2024-03-12'],
    ['Previous Year', '2025-02-28 2025-02-28', '2024-02-28 2024-02-28'],
    // 2024 is a leap year: whole months are compared with whole months.
    ['Previous Year', '2025-02-01 2025-02-28', '2024-02-01 2024-02-29'],
    ['Previous Year', '2025-01-01 2025-02-28', '2024-01-01 2024-02-29'],
    ['Previous Year', '2025-02-02 2025-02-28', '2024-02-02 2024-02-28'],
    ['Previous Year', '2025-02-01 2025-02-27', '2024-02-01 2024-02-27'],
  ])('%s, of %j, is that of %s', (item, selected, expected) => {
    const chosen = selected === undefined ? undefined : days(selected);
    expect(evaluate(item, 'Sessions', chosen)).toBe(countSessions(days(expected)));
    expect(evaluate(item, 'Conversion Rate', chosen)).toBeCloseTo(rateOf(days(expected)), 12);
  });

  it.each([
    ['Previous Period', undefined],
    ['Previous Period', '2023-11-20 2023-11-26'],
    ['Previous Year', undefined],
    ['Previous Year', '2024-11-01 2024-11-30'],
    ['Change to Previous Year', '2024-11-01 2024-11-30'],
    ['WTD', '2026-01-01 2026-02-01'],
    ['YTD', '2023-01-01 2023-01-31'],
    ['Change to Previous Period', '2026-01-01 2026-02-01'],
  ])('%s, of %j, is blank: the data does not cover it', (item, selected) => {
    expect(evaluate(item, 'Sessions', selected === undefined ? undefined : days(selected))).toBe(
      null,
    );
  });

  it.each([
    ['Change to Previous Period', '2024-05-08 2024-05-14', '2024-05-01 2024-05-07'],
    ['Change to Previous Year', '2025-01-01 2025-12-31', '2024-01-01 2024-03-12'],
    ['Change to Previous Year', '2025-02-01 2025-02-28', '2024-02-01 2024-02-29'],
  ])('has growth, a rate a difference: %s', (item, selected, before) => {
    const [now, then] = [countSessions(days(selected)), countSessions(days(before))];
    expect(evaluate(item, 'Sessions', days(selected))).toBeCloseTo((now - then) / then, 12);
    const points = rateOf(days(selected)) - rateOf(days(before));
    expect(evaluate(item, 'Conversion Rate', days(selected))).toBeCloseTo(points, 12);
  });
});

it('changes are shown with a sign, other items as the measure is', () => {
  const formatOf = ({ children }: TmdlObject) =>
    children.find(({ kind }) => kind === 'formatStringDefinition')?.expression;
  const formats = [...items].map(([name, item]) => [name, formatOf(item)]);
  for (const [name, format] of formats) {
    expect(format, name).toBe(name!.startsWith('Change') ? `"${FORMATS.change}"` : undefined);
  }
});

it('an item names no measure: the group would be applied to that one too', () => {
  for (const [name, { expression }] of items) {
    expect(expression!.replaceAll(/'Date'\[[\w ]+\]/g, ''), name).not.toMatch(/\[/);
  }
});
