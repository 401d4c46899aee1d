/** Filters of one visual. */
import { expression, type Field, isMember, type Json } from './visual-json.ts';

/** A filter of one visual: only rows where the field is true. */
export function onlyTrue(name: string, field: Field): Json {
  return {
    name,
    field: expression(field),
    type: 'Categorical',
    filter: isMember(field, 'true'),
    isHiddenInViewMode: true,
  };
}

/** A filter of one visual: only whole numbers from one to another, both included. */
export function between(name: string, field: Field, range: { from: number; to: number }): Json {
  // 2: greater than or equal, 4: less than or equal.
  const compare = (kind: 2 | 4, value: number): Json => ({
    Comparison: {
      ComparisonKind: kind,
      Left: { Column: { Expression: { SourceRef: { Source: 'f' } }, Property: field.name } },
      Right: { Literal: { Value: `${value}L` } },
    },
  });
  return {
    name,
    field: expression(field),
    type: 'Advanced',
    filter: {
      Version: 2,
      From: [{ Name: 'f', Entity: field.table, Type: 0 }],
      Where: [
        { Condition: { And: { Left: compare(2, range.from), Right: compare(4, range.to) } } },
      ],
    },
    isHiddenInViewMode: true,
  };
}

/** A filter of one visual: the members with the largest values. */
export function topMembers(name: string, field: Field, by: Field, count: number): Json {
  const inQuery = (of: Field, source: string): Json => ({
    [of.kind === 'measure' ? 'Measure' : 'Column']: {
      Expression: { SourceRef: { Source: source } },
      Property: of.name,
    },
  });
  const query = {
    Version: 2,
    From: [
      { Name: 'f', Entity: field.table, Type: 0 },
      { Name: 'b', Entity: by.table, Type: 0 },
    ],
    Select: [{ ...(inQuery(field, 'f') as object), Name: 'field' } as Json],
    OrderBy: [{ Direction: 2, Expression: inQuery(by, 'b') }],
    Top: count,
  };
  return {
    name,
    field: expression(field),
    type: 'TopN',
    filter: {
      Version: 2,
      From: [
        { Name: 'subquery', Expression: { Subquery: { Query: query } }, Type: 2 },
        { Name: 'f', Entity: field.table, Type: 0 },
      ],
      Where: [
        {
          Condition: {
            In: {
              Expressions: [inQuery(field, 'f')],
              Table: { SourceRef: { Source: 'subquery' } },
            },
          },
        },
      ],
    },
  };
}
