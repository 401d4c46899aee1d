/** The grid that every visual lies on: columns and rows of one size, margins and gaps between them. */
import type { Place } from './visual-json.ts';

/** Of a page to its visuals, and between two visuals [pixels]. */
const MARGIN = 16;
const GAP = 12;
/** Of one cell [pixels]. */
const CELL = { width: 93, height: 13 };

export const COLUMNS = 12;
const ROWS = 28;

/** Rows that are the same on every page: `[first, count]`. */
export const HEADER = [0, 3] as const;
export const FIGURES = [3, 5] as const;
export const FOOTER = [25, 3] as const;

export interface Size {
  /** [pixels] */
  width: number;
  /** [pixels] */
  height: number;
}

/** Of a page that holds so many cells. */
export function pageSize(columns: number, rows: number): Size {
  return {
    width: 2 * MARGIN + span(columns, CELL.width),
    height: 2 * MARGIN + span(rows, CELL.height),
  };
}

/** 1280 by 720 pixels, as a screen is. */
export const PAGE_SIZE = pageSize(COLUMNS, ROWS);

/** The cells from a column and a row on. */
export function at(
  [column, columns]: readonly [from: number, count: number],
  [row, rows]: readonly [from: number, count: number],
): Place {
  return {
    x: MARGIN + column * (CELL.width + GAP),
    y: MARGIN + row * (CELL.height + GAP),
    width: span(columns, CELL.width),
    height: span(rows, CELL.height),
  };
}

/** One of `count` equal parts of these rows; throws when the columns cannot be shared out so. */
export function part(
  rows: readonly [from: number, count: number],
  index: number,
  count: number,
  columns = COLUMNS,
): Place {
  const width = columns / count;
  if (!Number.isInteger(width)) {
    throw new Error(`${columns} columns are not ${count} equal parts`);
  }
  return at([index * width, width], rows);
}

function span(cells: number, size: number): number {
  return cells * size + (cells - 1) * GAP;
}
