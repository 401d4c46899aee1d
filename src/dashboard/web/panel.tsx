/** A chart with its title, what it means, and its numbers as a file. */
import type { ComponentChildren } from 'preact';
import type { Definition, Health, Parts, Period, View } from '../view.ts';
import type { FilterChange, Filters } from './address.ts';
import { download, type Table } from './csv.ts';

export interface PageProps {
  view: View;
  health: Health | undefined;
  definitions: Definition[];
  lakeDays: Period;
  filters: Filters;
  onChange: (change: FilterChange) => void;
}

/** What a panel is given that shows one part of the view. */
export type PanelProps<Id extends keyof Parts> = PageProps & { part: Parts[Id] };

export interface Meaning {
  /** What the panel shows, a sentence or two. */
  text: string;
  /** Columns of the data dictionary that it is made of, `table.column`. */
  columns?: string[];
  /** What is named in it, and what that means. */
  terms?: (readonly [name: string, meaning: string])[];
}

export function Panel(props: {
  title: string;
  id: string;
  meaning: Meaning;
  definitions: Definition[];
  table?: () => Table;
  /** What its file is called. Default: its id. */
  file?: string;
  wide?: boolean;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  const { title, id, meaning, definitions, table } = props;
  return (
    <section class={`panel${props.wide ? ' wide' : ''}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <div class="actions">
          {props.actions}
          {table !== undefined && (
            <button
              type="button"
              aria-label={`Download ${title} as CSV`}
              onClick={() => download(`clicklake-${props.file ?? id}`, table())}
            >
              CSV
            </button>
          )}
        </div>
      </header>
      <MeaningOf title={title} meaning={meaning} definitions={definitions} />
      {props.children}
    </section>
  );
}

/** What a part of the page shows, and how the columns behind it are defined. */
export function MeaningOf(props: { title: string; meaning: Meaning; definitions: Definition[] }) {
  const { title, meaning, definitions } = props;
  return (
    <details class="meaning">
      <summary>
        What is this?<span class="hidden"> {title}</span>
      </summary>
      <p>{meaning.text}</p>
      <dl>
        {meaning.terms?.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
        {meaning.columns?.map((name) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{describe(definitions, name)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function describe(definitions: Definition[], name: string): string {
  const found = definitions.find(({ table, column }) => `${table}.${column}` === name);
  return found?.description ?? '';
}
