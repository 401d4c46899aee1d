/** Aligned columns of text. */

export interface TableColumn {
  title: string;
  align?: 'left' | 'right';
}

export interface TableOptions {
  /** Printed before every line. */
  indent?: string;
  /** Cells are truncated to keep lines within this width; undefined: unlimited. */
  maxWidth?: number | undefined;
  /** Nothing is truncated, not even cells wider than the maximum column width. */
  isWhole?: boolean;
  /** Applied to the titles. */
  paintTitle?: (title: string) => string;
}

const GAP = '  ';
const MIN_CUT_WIDTH = 8;
/** So that one very long cell does not widen its whole column. */
const MAX_COLUMN_WIDTH = 200;
/**
 * At most this much of a text is measured. It is more than the column width, because combining
 * marks have no width.
 */
const MAX_MEASURED_LENGTH = 8 * MAX_COLUMN_WIDTH;

export interface TableLayout {
  /** The title line; empty if all titles are empty. */
  titles(): string[];
  /** Widens the columns for these rows. They never become narrower. */
  widenFor(rows: readonly (readonly string[])[]): void;
  line(row: readonly string[]): string;
  /** Whether lines keep within the width, and no title is truncated for that. */
  fits(): boolean;
}

/**
 * The lines of a table: titles (omitted if all are empty), then one line per row. Control
 * characters in cells are escaped, so that data cannot control the terminal.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const layout = layOutTable(columns, options);
  layout.widenFor(rows);
  return [...layout.titles(), ...rows.map(layout.line)];
}

/** A table whose rows arrive in batches. */
export function layOutTable(
  columns: readonly TableColumn[],
  options: TableOptions = {},
): TableLayout {
  const { indent = '', maxWidth, isWhole = false, paintTitle = (title) => title } = options;
  const show = (text: string) => escapeControls(isWhole ? text : startOf(text));
  const widthOf = (text: string) =>
    Math.min(displayWidth(escapeControls(startOf(text))), MAX_COLUMN_WIDTH);
  const titles = columns.map((column) => show(column.title));
  const widths = columns.map((column) => widthOf(column.title));
  let fitted = widths;
  /** The least widths that cut no title. */
  const least = () =>
    widths.map((width, index) =>
      Math.max(widthOf(columns[index]!.title), Math.min(width, MIN_CUT_WIDTH)),
    );
  const toLine = (row: readonly string[], paint: (text: string) => string) => {
    const cells = columns.map((column, index) =>
      paint(padCell(row[index] ?? '', fitted[index]!, column.align, isWhole)),
    );
    return (indent + cells.join(GAP)).trimEnd();
  };
  return {
    titles: () => (titles.every((title) => title === '') ? [] : [toLine(titles, paintTitle)]),
    widenFor(rows) {
      for (const row of rows) {
        for (const index of widths.keys()) {
          const width = widthOf(row[index] ?? '');
          if (width > widths[index]!) {
            widths[index] = width;
          }
        }
      }
      fitted =
        maxWidth === undefined ? widths : fitWidths(widths, least(), maxWidth - indent.length);
    },
    line: (row) => toLine(row.map(show), (cell) => cell),
    fits: () => maxWidth === undefined || lineWidth(least()) + indent.length <= maxWidth,
  };
}

/** The part of a text that can be visible in a column. */
function startOf(text: string): string {
  return text.length > MAX_MEASURED_LENGTH ? `${text.slice(0, MAX_MEASURED_LENGTH)}…` : text;
}

/**
 * Replaces control characters, line breaks and direction marks by visible escapes: `\n`, `\u001b`.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    return named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The text, truncated with `…` if it is wider than `width`. */
export function cutText(text: string, width: number): string {
  if (displayWidth(text) <= width) {
    return text;
  }
  let cut = '';
  let used = 0;
  for (const character of text) {
    const wide = displayWidth(character);
    if (used + wide > width - 1) {
      break;
    }
    cut += character;
    used += wide;
  }
  return `${cut}…`;
}

/**
 * Terminal columns of a text: two for East Asian wide characters and emoji, none for combining
 * marks.
 */
function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) {
    return text.length;
  }
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) {
      continue;
    }
    const isWide =
      /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      );
    width += isWide ? 2 : 1;
  }
  return width;
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
}

/**
 * Reduces the widest columns first, until the line fits or every column has its minimum: `least` if
 * the line fits with it, so that titles are cut last.
 */
function fitWidths(widths: readonly number[], least: readonly number[], room: number): number[] {
  const fitted = [...widths];
  const minimum = lineWidth(least) <= room ? least : widths.map(() => MIN_CUT_WIDTH);
  for (let excess = lineWidth(fitted) - room; excess > 0; excess -= 1) {
    const spare = fitted.map((width, index) => (width > minimum[index]! ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if ((spare[widest] ?? 0) === 0) {
      break;
    }
    fitted[widest]! -= 1;
  }
  return fitted;
}

function padCell(
  cell: string,
  width: number,
  align: 'left' | 'right' = 'left',
  isWhole: boolean,
): string {
  const cut = isWhole ? cell : cutText(cell, width);
  const room = cut.length > MAX_MEASURED_LENGTH ? 0 : width - displayWidth(cut);
  const padding = ' '.repeat(Math.max(0, room));
  return align === 'right' ? padding + cut : cut + padding;
}
