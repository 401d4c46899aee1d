/** The JSON of a visual, as PBIR wants it (visualContainer 2.0.0), and the expressions it is made of. */

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

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

export type Action = { kind: 'Back' } | { kind: 'Bookmark'; bookmark: string };

export interface FieldParameterUse {
  /** The column of the parameter in sight. */
  field: Field;
  /** The visual is sorted by the field that is chosen. */
  sortDirection?: 'Ascending' | 'Descending';
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
  /** Field parameters that replace the first field of a role by the one that is chosen. */
  parameters?: Readonly<Record<string, FieldParameterUse>>;
  title?: string;
  sort?: { field: Field; direction: 'Ascending' | 'Descending' };
  objects?: { readonly [key: string]: Json };
  filters?: readonly Json[];
  /** Slicers of one group on several pages move together. */
  syncGroup?: string;
  /** A slicer of a range keeps its ends beside its filter. */
  isRange?: boolean;
  /** The page that is shown beside the pointer, instead of a plain tooltip. */
  tooltipPage?: string;
  /** What a button does when it is chosen. */
  action?: Action;
}

/** A literal, as the value of a formatting property; a number is a whole one. */
export function literal(value: string | boolean | number): Json {
  const text = typeof value === 'string' ? literalOf(value) : String(value);
  return { expr: { Literal: { Value: typeof value === 'number' ? `${text}L` : text } } };
}

/** A size or a count, as the value of a formatting property. */
export function size(value: number): Json {
  return { expr: { Literal: { Value: `${value}D` } } };
}

/** A colour, as the value of a formatting property. */
export function colour(hex: string): Json {
  return { solid: { color: literal(hex) } };
}

/** A colour by a rule: one above 0, another below, none for 0 and blank. */
export function colourBySign(field: Field, colours: { above: string; below: string }): Json {
  // 1: greater than, 3: less than.
  const when = (kind: 1 | 3, hex: string) => ({
    Condition: {
      Comparison: {
        ComparisonKind: kind,
        Left: expression(field),
        Right: { Literal: { Value: '0D' } },
      },
    },
    Value: { Literal: { Value: literalOf(hex) } },
  });
  const cases = [when(1, colours.above), when(3, colours.below)];
  return { solid: { color: { expr: { Conditional: { Cases: cases } } } } };
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
        ...tooltipOf(visual),
        ...linkOf(visual),
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

function tooltipOf({ tooltipPage }: Visual): { readonly [key: string]: Json } {
  if (tooltipPage === undefined) {
    return {};
  }
  const properties = {
    show: literal(true),
    type: literal('Canvas'),
    section: literal(tooltipPage),
  };
  return { visualTooltip: [{ properties }] };
}

function linkOf({ action }: Visual): { readonly [key: string]: Json } {
  if (action === undefined) {
    return {};
  }
  const properties = {
    show: literal(true),
    type: literal(action.kind),
    ...(action.kind === 'Bookmark' ? { bookmark: literal(action.bookmark) } : {}),
  };
  return { visualLink: [{ properties }] };
}

function queryOf({ roles, sort, parameters = {} }: Visual): Json {
  const state = Object.entries(roles).map(([role, fields]) => [
    role,
    {
      projections: fields.map((field) => projection(field, role)),
      ...parametersOf(parameters[role]),
    },
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

function parametersOf(use: FieldParameterUse | undefined): { readonly [key: string]: Json } {
  if (use === undefined) {
    return {};
  }
  const { field, sortDirection } = use;
  const parameter = { parameterExpr: expression(field), index: 0, length: 1 };
  return {
    fieldParameters: [sortDirection === undefined ? parameter : { ...parameter, sortDirection }],
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

/** A reference to the field. */
export function expression(field: Field): Json {
  const reference = {
    Expression: { SourceRef: { Entity: field.table } },
    Property: field.name,
  };
  return field.kind === 'measure' ? { Measure: reference } : { Column: reference };
}

export function queryRef(field: Field): string {
  return `${field.table}.${field.name}`;
}

/** A condition: the field has the value, a literal. */
export function isMember(field: Field, value: string): Json {
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

/** Text in the expression language: in single quotes, those inside doubled. */
export function literalOf(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
