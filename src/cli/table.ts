/** Aligned columns of text. */

export interface TableColumn {
  title: string;
  align?: 'left' | 'right';
}

export interface TableOptions {
  /** Put before every line. */
  indent?: string;
  /** Cells are cut so that a line has at most this many characters; undefined: as long as they need. */
  maxWidth?: number | undefined;
  /** Nothing is cut, not even cells that are wider than a column becomes. */
  isWhole?: boolean;
  /** Applied to the titles. */
  paintTitle?: (title: string) => string;
}

const GAP = '  ';
const MIN_CUT_WIDTH = 8;
/** One cell of a megabyte must not pad all the others to its width. */
const MAX_COLUMN_WIDTH = 200;
/** At most this much of a text is measured: combining marks have no width, so there may be many. */
const MAX_MEASURED_LENGTH = 8 * MAX_COLUMN_WIDTH;

export interface TableLayout {
  /** The titles; none when all are empty. */
  titles(): string[];
  /** Makes the columns wide enough for these rows; they never become narrower. */
  widenFor(rows: readonly (readonly string[])[]): void;
  line(row: readonly string[]): string;
}

/**
 * The table's lines: titles (left out when all are empty), then one line a row. Cells may hold
 * anything: control characters are shown as escapes, so that data cannot control the terminal.
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
      fitted = maxWidth === undefined ? widths : fitWidths(widths, maxWidth - indent.length);
    },
    line: (row) => toLine(row.map(show), (cell) => cell),
  };
}

/** As much of a text as may be shown in a column. */
function startOf(text: string): string {
  return text.length > MAX_MEASURED_LENGTH ? `${text.slice(0, MAX_MEASURED_LENGTH)}…` : text;
}

/** Control characters, line breaks and direction marks as visible escapes: `\n`, `\u001b`. */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    return named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** `text`, or its beginning and `…` when it is wider than `width`. */
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

/** Columns a terminal needs for the text: East Asian wide characters and emoji take two, marks none. */
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

/** Takes from the widest columns first, until the line fits or every column is at its least. */
function fitWidths(widths: readonly number[], room: number): number[] {
  const fitted = [...widths];
  const gaps = GAP.length * (widths.length - 1);
  let excess = fitted.reduce((sum, width) => sum + width, 0) + gaps - room;
  while (excess > 0) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if (fitted[widest]! <= MIN_CUT_WIDTH) {
      break;
    }
    fitted[widest]! -= 1;
    excess -= 1;
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
