/** Visuals of a report page, in the JSON of PBIR (visualContainer 2.0.0). */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A field of the model as a visual names it. */
export interface Field {
  table: string;
  name: string;
  kind: 'column' | 'measure';
  /** What the visual calls it instead of its own name. */
  label?: string;
}

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One visual: what goes into its `visual.json`. */
export interface Visual {
  /** Name of its folder, unique on the page; words and hyphens. */
  name: string;
  /** Read out by screen readers. */
  altText: string;
  place: Place;
  type: string;
  /** Fields by the role they play. */
  roles: Readonly<Record<string, readonly Field[]>>;
  title?: string;
  sort?: { field: Field; direction: 'Ascending' | 'Descending' };
  objects?: { readonly [key: string]: Json };
  filters?: readonly Json[];
  /** Slicers of one group on several pages move together. */
  syncGroup?: string;
}

export function measure(name: string, label?: string): Field {
  return { table: 'Metrics', name, kind: 'measure', ...(label === undefined ? {} : { label }) };
}

export function column(table: string, name: string, label?: string): Field {
  return { table, name, kind: 'column', ...(label === undefined ? {} : { label }) };
}

/** A literal of the expression language: text in single quotes, numbers as `1D` or `1L`. */
function literal(value: string | boolean): Json {
  const text = typeof value === 'boolean' ? String(value) : `'${value.replaceAll("'", "''")}'`;
  return { expr: { Literal: { Value: text } } };
}

function size(value: number): Json {
  return { expr: { Literal: { Value: `${value}D` } } };
}

/** One figure. Its title is the name of the figure. */
export function card(name: string, place: Place, field: Field, isSmall = false): Visual {
  return {
    name,
    altText: `Card: ${field.label ?? field.name}.`,
    place,
    type: 'card',
    roles: { Values: [field] },
    objects: {
      labels: [{ properties: { fontSize: size(isSmall ? 14 : 24) } }],
      categoryLabels: [{ properties: { show: literal(true), fontSize: size(10) } }],
    },
  };
}

/** Lines over dates or bars over members; the most telling order is given by `sort`. */
export function chart(
  type: 'lineChart' | 'clusteredBarChart' | 'clusteredColumnChart',
  name: string,
  place: Place,
  what: {
    title: string;
    altText: string;
    category: Field;
    values: readonly Field[];
    sort?: Visual['sort'];
    filters?: readonly Json[];
  },
): Visual {
  const { title, altText, category, values, sort, filters } = what;
  return {
    ...{ name, place, type, title, altText },
    roles: { Category: [category], Y: values },
    ...(sort === undefined ? {} : { sort }),
    ...(filters === undefined ? {} : { filters }),
    objects: {
      ...(type === 'lineChart' ? {} : { labels: [{ properties: { show: literal(true) } }] }),
      legend: [{ properties: { show: literal(values.length > 1), position: literal('Top') } }],
      categoryAxis: [{ properties: { showAxisTitle: literal(false) } }],
      valueAxis: [{ properties: { showAxisTitle: literal(false) } }],
    },
  };
}

/** The steps, one measure each. */
export function funnelChart(
  name: string,
  place: Place,
  what: { title: string; altText: string; steps: readonly Field[] },
): Visual {
  const { title, altText, steps } = what;
  return { ...{ name, place, title, altText }, type: 'funnel', roles: { Y: steps } };
}

/** Rows by columns, the cells coloured by their value. */
export function heatMap(
  name: string,
  place: Place,
  what: { title: string; altText: string; rows: Field; columns: Field; value: Field },
): Visual {
  const { title, altText, rows, columns, value } = what;
  const colour = (hex: string) => ({ color: { Literal: { Value: `'${hex}'` } } });
  const scale = {
    linearGradient2: {
      min: colour('#F2F7FB'),
      max: colour('#2F6EA5'),
      nullColoringStrategy: { strategy: { Literal: { Value: "'asZero'" } } },
    },
  };
  return {
    ...{ name, place, title, altText },
    type: 'pivotTable',
    roles: { Rows: [rows], Columns: [columns], Values: [value] },
    objects: {
      subTotals: [
        { properties: { rowSubtotals: literal(false), columnSubtotals: literal(false) } },
      ],
      values: [
        {
          properties: {
            backColor: {
              solid: {
                color: { expr: { FillRule: { Input: expression(value), FillRule: scale } } },
              },
            },
          },
          selector: {
            data: [{ dataViewWildcard: { matchingOption: 1 } }],
            metadata: queryRef(value),
          },
        },
      ],
    },
  };
}

export function table(
  name: string,
  place: Place,
  what: { title: string; altText: string; fields: readonly Field[]; sort: Visual['sort'] },
): Visual {
  const { title, altText, fields, sort } = what;
  return {
    ...{ name, place, title, altText },
    type: 'tableEx',
    roles: { Values: fields },
    ...(sort === undefined ? {} : { sort }),
  };
}

/** A choice of members, or of a range. Slicers on the same field of all pages move together. */
export function slicer(
  name: string,
  place: Place,
  field: Field,
  what: {
    mode: 'Between' | 'Dropdown';
    altText: string;
    selected?: string;
    filters?: readonly Json[];
  },
): Visual {
  const { mode, altText, selected, filters } = what;
  return {
    ...{ name, place, altText },
    type: 'slicer',
    roles: { Values: [field] },
    title: field.label ?? field.name,
    syncGroup: `${field.table} ${field.name}`,
    ...(filters === undefined ? {} : { filters }),
    objects: {
      data: [{ properties: { mode: literal(mode) } }],
      header: [{ properties: { show: literal(false) } }],
      ...(selected === undefined
        ? {}
        : {
            general: [{ properties: { filter: { filter: isMember(field, literalOf(selected)) } } }],
          }),
    },
  };
}

/** A line of text. */
export function heading(name: string, place: Place, text: string, note: string): Visual {
  const run = (value: string, fontSize: string, isBold: boolean) => ({
    value,
    textStyle: { fontSize, ...(isBold ? { fontWeight: 'bold' } : {}) },
  });
  return {
    ...{ name, place, altText: `${text}. ${note}` },
    type: 'textbox',
    roles: {},
    objects: {
      general: [
        {
          properties: {
            paragraphs: [
              { textRuns: [run(text, '18pt', true)] },
              { textRuns: [run(note, '9pt', false)] },
            ],
          },
        },
      ],
    },
  };
}

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

/** The content of `visual.json`. */
export function visualJson(visual: Visual, order: number): Json {
  const { place, title } = visual;
  const roles = Object.entries(visual.roles);
  return {
    $schema:
      'https://developer.microsoft.com/json-schemas/fabric/item/report/definition/visualContainer/2.0.0/schema.json',
    name: visual.name,
    position: { ...place, z: order * 1000, tabOrder: order * 1000 },
    visual: {
      visualType: visual.type,
      ...(roles.length === 0 ? {} : { query: queryOf(visual) }),
      ...(visual.objects === undefined ? {} : { objects: visual.objects }),
      visualContainerObjects: {
        title: [
          {
            properties:
              title === undefined
                ? { show: literal(false) }
                : { show: literal(true), text: literal(title) },
          },
        ],
        general: [{ properties: { altText: literal(visual.altText) } }],
      },
      ...(visual.syncGroup === undefined
        ? {}
        : {
            syncGroup: { groupName: visual.syncGroup, fieldChanges: true, filterChanges: true },
          }),
      drillFilterOtherVisuals: true,
    },
    ...(visual.filters === undefined ? {} : { filterConfig: { filters: visual.filters } }),
  };
}

function queryOf({ roles, sort }: Visual): Json {
  const state = Object.entries(roles).map(([role, fields]) => [
    role,
    { projections: fields.map((field) => projection(field, role)) },
  ]);
  return {
    queryState: Object.fromEntries(state),
    ...(sort === undefined
      ? {}
      : {
          sortDefinition: {
            sort: [{ field: expression(sort.field), direction: sort.direction }],
          },
        }),
  };
}

function projection(field: Field, role: string): Json {
  return {
    field: expression(field),
    queryRef: queryRef(field),
    nativeQueryRef: field.name,
    ...(field.label === undefined ? {} : { displayName: field.label }),
    ...(['Category', 'Rows', 'Columns'].includes(role) ? { active: true } : {}),
  };
}

function expression(field: Field): Json {
  const reference = {
    Expression: { SourceRef: { Entity: field.table } },
    Property: field.name,
  };
  return field.kind === 'measure' ? { Measure: reference } : { Column: reference };
}

function queryRef(field: Field): string {
  return `${field.table}.${field.name}`;
}

function isMember(field: Field, value: string): Json {
  return {
    Version: 2,
    From: [{ Name: 'f', Entity: field.table, Type: 0 }],
    Where: [
      {
        Condition: {
          In: {
            Expressions: [
              { Column: { Expression: { SourceRef: { Source: 'f' } }, Property: field.name } },
            ],
            Values: [[{ Literal: { Value: value } }]],
          },
        },
      },
    ],
  };
}

function literalOf(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
