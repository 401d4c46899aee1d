import type { Cell } from '../../view.ts';
import { formatNumber } from '../format.ts';

interface DataColumn {
  name: string;
  isNumber: boolean;
  /** Written with separators of thousands; years and other keys are not. */
  isCount: boolean;
}

/** Rows as they are. A column's head sorts by it: numbers from the largest, then the other way. */
export function DataTable(props: {
  caption: string;
  columns: DataColumn[];
  rows: Cell[][];
  /** A column's name, with `-` before it where the largest come first. */
  sort: string;
  onSort: (sort: string) => void;
}) {
  const { caption, columns, rows, sort, onSort } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too
    <section class="scroll tall" tabIndex={0} aria-label={`Table: ${caption}`}>
      <table class="data">
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, isNumber }) => (
              <th
                key={name}
                scope="col"
                class={isNumber ? 'number' : ''}
                aria-sort={orderOf(sort, name)}
              >
                <button type="button" onClick={() => onSort(nextSort(sort, name, isNumber))}>
                  {name}
                  <span aria-hidden="true">{ARROWS[orderOf(sort, name)]}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={place}>
              {row.map((cell, index) => (
                <td key={columns[index]?.name} class={columns[index]?.isNumber ? 'number' : ''}>
                  <bdi>{columns[index]?.isCount ? formatNumber(cell) : cell}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const ARROWS = { ascending: ' ▲', descending: ' ▼', none: '' } as const;

function orderOf(sort: string, name: string): keyof typeof ARROWS {
  if (sort === name) {
    return 'ascending';
  }
  return sort === `-${name}` ? 'descending' : 'none';
}

function nextSort(sort: string, name: string, isNumber: boolean): string {
  const [first, second] = isNumber ? [`-${name}`, name] : [name, `-${name}`];
  return sort === first ? second : first;
}
