/** Prints the beginning of a list that may be very long, and the number of remaining rows. */
import { formatCount } from './format.ts';
import type { Output } from './output.ts';
import { renderTable, type TableColumn } from './table.ts';

/** --verbose and --json show all rows. */
const MAX_ROWS_SHOWN = 20;

/** A title and the first rows, fitted to the terminal width; nothing if there are no rows. */
export function renderShortList(
  title: string,
  columns: readonly TableColumn[],
  rows: readonly string[][],
  { style, width, isVerbose }: Output,
): string[] {
  if (rows.length === 0) {
    return [];
  }
  const shown = isVerbose ? rows : rows.slice(0, MAX_ROWS_SHOWN);
  const more = rows.length - shown.length;
  return [
    style.bold(title),
    ...renderTable(columns, shown, { indent: '  ', maxWidth: width }),
    ...(more > 0 ? [`  … and ${formatCount(more)} more (--verbose shows all)`] : []),
  ];
}
