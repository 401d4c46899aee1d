/** The kinds of visuals that the pages are made of. */
import {
  expression,
  type Field,
  isMember,
  type Json,
  literal,
  literalOf,
  type Place,
  queryRef,
  type Visual,
} from './visual-json.ts';

export function measure(name: string, label?: string): Field {
  return { table: 'Metrics', name, kind: 'measure', ...(label === undefined ? {} : { label }) };
}

export function column(table: string, name: string, label?: string): Field {
  return { table, name, kind: 'column', ...(label === undefined ? {} : { label }) };
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
    /** A line or bar of its own for each member. */
    series?: Field;
    sort?: Visual['sort'];
    filters?: readonly Json[];
    tooltipPage?: string;
    parameters?: Visual['parameters'];
  },
): Visual {
  const { title, altText, category, values, series, sort, filters } = what;
  const { tooltipPage, parameters } = what;
  const hasLegend = values.length > 1 || series !== undefined;
  return {
    ...{ name, place, type, title, altText },
    ...(tooltipPage === undefined ? {} : { tooltipPage }),
    ...(parameters === undefined ? {} : { parameters }),
    roles: {
      Category: [category],
      ...(series === undefined ? {} : { Series: [series] }),
      Y: values,
    },
    ...(sort === undefined ? {} : { sort }),
    ...(filters === undefined ? {} : { filters }),
    objects: {
      ...(type === 'lineChart' ? {} : { labels: [{ properties: { show: literal(true) } }] }),
      legend: [{ properties: { show: literal(hasLegend), position: literal('Top') } }],
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
  what: {
    title: string;
    altText: string;
    rows: Field;
    columns: Field;
    value: Field;
    filters?: readonly Json[];
  },
): Visual {
  const { title, altText, rows, columns, value, filters } = what;
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
    ...(filters === undefined ? {} : { filters }),
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
  what: {
    title: string;
    altText: string;
    fields: readonly Field[];
    sort: Visual['sort'];
    parameters?: Visual['parameters'];
  },
): Visual {
  const { title, altText, fields, sort, parameters } = what;
  return {
    ...{ name, place, title, altText },
    type: 'tableEx',
    roles: { Values: fields },
    ...(sort === undefined ? {} : { sort }),
    ...(parameters === undefined ? {} : { parameters }),
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
    /** One member at a time; the first as long as none is chosen. */
    isSingle?: boolean;
    filters?: readonly Json[];
  },
): Visual {
  const { mode, altText, selected, isSingle = false, filters } = what;
  return {
    ...{ name, place, altText },
    type: 'slicer',
    roles: { Values: [field] },
    title: field.label ?? field.name,
    syncGroup: `${field.table} ${field.name}`,
    isRange: mode === 'Between',
    ...(filters === undefined ? {} : { filters }),
    objects: {
      data: [{ properties: { mode: literal(mode) } }],
      header: [{ properties: { show: literal(false) } }],
      ...(isSingle ? { selection: [{ properties: { strictSingleSelect: literal(true) } }] } : {}),
      ...(mode === 'Between' ? { slider: [{ properties: { show: literal(false) } }] } : {}),
      ...(selected === undefined
        ? {}
        : {
            general: [{ properties: { filter: { filter: isMember(field, literalOf(selected)) } } }],
          }),
    },
  };
}

/** The title of a page. */
export function heading(name: string, place: Place, title: string): Visual {
  const style = { fontSize: '18pt', fontWeight: 'bold' };
  return text(name, place, `Page title: ${title}.`, title, style);
}

/** Small print. */
export function note(name: string, place: Place, sentences: string): Visual {
  return text(name, place, 'Notes on the numbers of this page.', sentences, { fontSize: '9pt' });
}

function text(
  name: string,
  place: Place,
  altText: string,
  value: string,
  textStyle: { readonly [property: string]: string },
): Visual {
  return {
    ...{ name, place, altText },
    type: 'textbox',
    roles: {},
    objects: {
      general: [{ properties: { paragraphs: [{ textRuns: [{ value, textStyle }] }] } }],
    },
  };
}
