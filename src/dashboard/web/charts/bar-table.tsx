import type { Change } from '../change.ts';

export interface Bar {
  /** Tells rows of one name apart. Default: the name. */
  id?: string;
  name: string;
  /** In small type behind the name. */
  note?: string;
  value: number;
  cells: (string | Change)[];
  isChosen?: boolean;
  onChoose?: () => void;
}

/** Texts of more characters are shown in several lines. */
const LONG_TEXT = 60;

/**
 * A table whose rows carry bars. It scrolls where it is wider than its panel, and if `isLimited` higher. `texts`:
 * the columns that are no numbers; `wideOnly`: those that a phone has no room for.
 */
export function BarTable(props: {
  columns: string[];
  texts?: string[];
  wideOnly?: string[];
  bars: Bar[];
  caption: string;
  isLimited?: boolean;
}) {
  const longest = Math.max(...props.bars.map(({ value }) => value), 1);
  const hasBars = props.bars.some(({ value }) => value > 0);
  const classOf = (column = '', text = ''): string => {
    const kind = props.texts?.includes(column) ? 'text' : 'number';
    const isLong = kind === 'text' && text.length > LONG_TEXT;
    const isWideOnly = props.wideOnly?.includes(column);
    return [kind, isLong ? 'long' : '', isWideOnly ? 'wide-only' : ''].filter(Boolean).join(' ');
  };
  const kind = props.isLimited ? 'scroll limited' : 'scroll';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too
    <section class={kind} tabIndex={0} aria-label={`Table: ${props.caption}`}>
      <table class={hasBars ? 'bars' : 'bars plain'}>
        <caption class="hidden">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column, index) => (
              <th key={column} scope="col" class={index === 0 ? '' : classOf(column)}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.bars.map((bar) => (
            <tr key={bar.id ?? bar.name} class={bar.isChosen ? 'chosen' : ''}>
              <th scope="row">
                {bar.onChoose === undefined ? (
                  <bdi>{bar.name}</bdi>
                ) : (
                  <button type="button" aria-pressed={bar.isChosen === true} onClick={bar.onChoose}>
                    <bdi>{bar.name}</bdi>
                  </button>
                )}
                {bar.note !== undefined && bar.note !== '' && <bdi class="note">{bar.note}</bdi>}
                {hasBars && (
                  <span class="bar" style={{ width: `${(bar.value / longest) * 100}%` }} />
                )}
              </th>
              {bar.cells.map((cell, index) => (
                <td
                  key={props.columns[index + 1]}
                  class={classOf(
                    props.columns[index + 1],
                    typeof cell === 'string' ? cell : cell.text,
                  )}
                >
                  {typeof cell === 'string' ? (
                    cell
                  ) : (
                    <span class={`change ${cell.kind}`}>{cell.text}</span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {props.bars.length === 0 && <p class="none">No rows.</p>}
    </section>
  );
}
