/** The layout of a page on a phone: one column of visuals, small ones two abreast. */
import type { Page } from './page.ts';
import { type Json, type Place, size, type Visual } from './visual-json.ts';

/** Of the canvas that Power BI lays out for phones [pixels]. */
const WIDTH = 324;
const MARGIN = 6;
const GAP = 6;
const HALF = (WIDTH - 2 * MARGIN - GAP) / 2;
const WHOLE = WIDTH - 2 * MARGIN;

/** Heights [pixels]; a visual of another type is a chart. */
const HEIGHTS: Readonly<Record<string, number>> = {
  textbox: 60,
  actionButton: 60,
  slicer: 66,
  cardVisual: 108,
  tableEx: 360,
  pivotTable: 300,
};
const CHART_HEIGHT = 240;
const SMALL: readonly string[] = ['actionButton', 'slicer', 'cardVisual'];

/** Names of figures fit half of the width. */
const SMALL_TYPE: Json = {
  value: [{ properties: { fontSize: size(14) }, selector: { id: 'default' } }],
  label: [{ properties: { fontSize: size(8) }, selector: { id: 'default' } }],
};

/** Where each visual of the page is on a phone, in the order of the page; none of a tooltip. */
export function mobilePlaces({ visuals, use }: Page): { visual: Visual; place: Place }[] {
  if (use?.kind === 'Tooltip') {
    return [];
  }
  let y = MARGIN;
  return rowsOf(visuals).flatMap((row) => {
    const height = Math.max(...row.map(heightOf));
    const width = row.length === 1 ? WHOLE : HALF;
    const places = row.map((visual, index) => ({
      visual,
      place: { x: MARGIN + index * (width + GAP), y, width, height },
    }));
    y += height + GAP;
    return places;
  });
}

/** The content of `mobile.json` (visualContainerMobileState 2.0.0). */
export function mobileJson({ type }: Visual, place: Place, order: number): Json {
  return {
    $schema:
      'https://developer.microsoft.com/json-schemas/fabric/item/report/definition/visualContainerMobileState/2.0.0/schema.json',
    position: { ...place, z: order * 1000, tabOrder: order * 1000 },
    ...(type === 'cardVisual' ? { objects: SMALL_TYPE } : {}),
  };
}

/** Two small visuals of one kind that follow each other share a row. */
function rowsOf(visuals: readonly Visual[]): Visual[][] {
  const rows: Visual[][] = [];
  for (const visual of visuals) {
    const last = rows.at(-1);
    const [before] = last ?? [];
    if (last?.length === 1 && SMALL.includes(visual.type) && before?.type === visual.type) {
      last.push(visual);
    } else {
      rows.push([visual]);
    }
  }
  return rows;
}

function heightOf({ type }: Visual): number {
  return HEIGHTS[type] ?? CHART_HEIGHT;
}
