/** Cards: one figure each, on its own or with its change. */
import { guidOf } from '../ids.ts';
import { COLOURS } from './theme.ts';
import {
  colour,
  colourBySign,
  expression,
  type Field,
  type Json,
  literal,
  type Place,
  queryRef,
  size,
  type Visual,
} from './visual-json.ts';

interface Figure {
  altText: string;
  /** An amount is shortened to thousands and millions, and has two digits after the point as a rate has. */
  kind?: 'amount' | 'rate' | 'other';
  change?: {
    field: Field;
    /** What it compares with. */
    title: string;
    isRiseBad: boolean;
  };
}

/** Formatting of all cards and labels of a visual. */
const ALL = { id: 'default' };

/** A figure under its name, its change below. */
export function figureCard(name: string, place: Place, field: Field, figure: Figure): Visual {
  const { altText, kind = 'other', change } = figure;
  return cardVisual(name, place, altText, field, {
    value: [
      {
        properties: {
          fontSize: size(18),
          labelDisplayUnits: size(kind === 'amount' ? 0 : 1),
          ...(kind === 'other' ? {} : { labelPrecision: literal(2) }),
        },
        selector: ALL,
      },
    ],
    label: [labelAbove(10)],
    layout: [padding(8)],
    ...(change === undefined ? {} : changeObjects(name, field, change)),
  });
}

/** A figure in small print. */
export function smallCard(name: string, place: Place, field: Field, altText: string): Visual {
  return cardVisual(name, place, altText, field, {
    value: [{ properties: { fontSize: size(10) }, selector: ALL }],
    label: [labelAbove(8)],
    layout: [padding(2)],
  });
}

function cardVisual(
  name: string,
  place: Place,
  altText: string,
  field: Field,
  objects: Readonly<Record<string, Json>>,
): Visual {
  return {
    ...{ name, place, altText },
    type: 'cardVisual',
    roles: { Data: [field] },
    objects: {
      ...objects,
      // The theme draws the border of the visual; this is one more around the card within.
      outline: [{ properties: { show: literal(false) }, selector: ALL }],
    },
  };
}

function labelAbove(fontSize: number): Json {
  return {
    properties: {
      show: literal(true),
      position: literal('aboveValue'),
      fontSize: size(fontSize),
      fontColor: colour(COLOURS.quiet),
    },
    selector: ALL,
  };
}

function padding(pixels: number): Json {
  return { properties: { paddingUniform: literal(pixels) }, selector: ALL };
}

/** The reference label that shows the change; its colour is good or bad news. */
function changeObjects(
  name: string,
  figure: Field,
  { field, title, isRiseBad }: NonNullable<Figure['change']>,
): Readonly<Record<string, Json>> {
  const [above, below] = isRiseBad ? [COLOURS.bad, COLOURS.good] : [COLOURS.good, COLOURS.bad];
  const label = { metadata: queryRef(figure), id: `field-${guidOf('label', name)}` };
  const withData = { data: [{ dataViewWildcard: { matchingOption: 0 } }], ...label };
  return {
    referenceLabel: [
      { properties: { backgroundShow: literal(false) }, selector: ALL },
      { properties: { value: { expr: expression(field) } }, selector: { ...withData, order: 0 } },
    ],
    referenceLabelTitle: [
      {
        properties: {
          show: literal(true),
          titleContentType: literal('custom'),
          titleText: literal(title),
          titleFontSize: size(8),
        },
        selector: label,
      },
    ],
    referenceLabelValue: [
      {
        properties: {
          valueFontSize: size(10),
          valueFontColor: colour(COLOURS.quiet),
          showBlankAs: literal('not compared'),
        },
        selector: ALL,
      },
      {
        properties: { valueFontColor: colourBySign(field, { above, below }) },
        selector: withData,
      },
    ],
    referenceLabelDetail: [{ properties: { show: literal(false) }, selector: label }],
    divider: [{ properties: { show: literal(false) }, selector: ALL }],
  };
}
