interface Choice {
  name: string;
  onChoose: () => void;
}

/** Rows by columns, the value as depth of colour and as text. */
export function HeatMap(props: {
  caption: string;
  /** A row that can be chosen does something. */
  rows: (string | Choice)[];
  /** Of its columns together. */
  minWidth: number;
  labelWidth: number;
  columns: string[];
  value: (row: number, column: number) => number;
  text: (row: number, column: number) => string;
  title: (row: number, column: number) => string;
}) {
  const all = props.rows.flatMap((_, row) =>
    props.columns.map((__, column) => props.value(row, column)),
  );
  const most = Math.max(...all, 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, by the keyboard too
    <section class="scroll" tabIndex={0} aria-label={props.caption}>
      <table class="heat" style={{ minWidth: `${props.labelWidth + props.minWidth}px` }}>
        <caption class="hidden">{props.caption}</caption>
        <thead>
          <tr>
            <td style={{ width: `${props.labelWidth}px` }} />
            {props.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((name, row) => (
            <tr key={typeof name === 'string' ? name : name.name}>
              <th scope="row">
                {typeof name === 'string' ? (
                  name
                ) : (
                  <button type="button" onClick={name.onChoose}>
                    {name.name}
                  </button>
                )}
              </th>
              {props.columns.map((column, index) => {
                const value = props.value(row, index);
                const depth = value > 0 ? Math.ceil((value / most) * 6) : 0;
                return (
                  <td key={column} class={`depth-${depth}`} title={props.title(row, index)}>
                    {props.text(row, index)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
