/** Adds filters of any dimension, and lists those in use. */
import { useState } from 'preact/hooks';
import { DIMENSIONS, type Dimension, type DimensionId, OPERATORS } from '../dimensions.ts';
import { nameOf, valuesNamed } from '../names.ts';
import { type FilterChange, type Filters, toggleValue, valuesOf, withValues } from './address.ts';

export function FilterForm(props: {
  dimensions: Dimension[];
  names: Partial<Record<DimensionId, string[]>>;
  filters: Filters;
  onChange: (change: FilterChange) => void;
}) {
  const { dimensions, names, filters, onChange } = props;
  const [id, chooseDimension] = useState<string | undefined>(dimensions[0]?.id);
  const [operator, chooseOperator] = useState<string>('is');
  const [value, type] = useState('');
  const dimension = dimensions.find((each) => each.id === id) ?? dimensions[0];
  const chosen = OPERATORS.find((each) => each.id === operator) ?? OPERATORS[0];
  if (dimension === undefined) {
    return null;
  }
  const add = (): void => {
    const target = { dimension: dimension.id, operator: chosen.id };
    const text = value.trim();
    const before = valuesOf(filters.where, dimension.id, chosen.id);
    const typed =
      chosen.id === 'contains' ? [text] : valuesNamed(text, dimension.id, names[dimension.id]);
    const added = typed.filter((each) => !before.includes(each));
    if (text !== '' && added.length > 0) {
      onChange({
        where: withValues(filters.where, { ...target, values: [...before, ...added] }),
      });
    }
    type('');
  };
  return (
    <details>
      <summary>Add a filter</summary>
      <div class="filters form">
        <Choice
          label="Filter by"
          options={dimensions}
          chosen={dimension.id}
          onChange={chooseDimension}
        />
        <Choice
          label="Condition"
          options={OPERATORS}
          chosen={chosen.id}
          onChange={chooseOperator}
        />
        <label>
          Value
          <input
            list="filter-values"
            maxLength={200}
            value={value}
            onInput={({ currentTarget }) => type(currentTarget.value)}
            onKeyDown={({ key }) => key === 'Enter' && add()}
          />
        </label>
        <datalist id="filter-values">
          {names[dimension.id]?.map((name) => (
            <option key={name} value={nameOf(name, dimension.id)} />
          ))}
        </datalist>
        <button type="button" onClick={add}>
          Add
        </button>
      </div>
    </details>
  );
}

function Choice(props: {
  label: string;
  options: readonly { id: string; name: string }[];
  chosen: string;
  onChange: (id: string) => void;
}) {
  const { label, options, chosen, onChange } = props;
  return (
    <label>
      {label}
      <select value={chosen} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Each can be taken off. */
export function FiltersInUse(props: {
  filters: Filters;
  onChange: (change: FilterChange) => void;
}) {
  const { filters, onChange } = props;
  const { where } = filters;
  if (where.length === 0) {
    return null;
  }
  return (
    <ul class="chips" aria-label="Filters in use">
      {where.flatMap(({ dimension, operator, values }) =>
        values.map((value) => {
          const name = DIMENSIONS.find(({ id }) => id === dimension)?.name;
          // A part of a name is none itself.
          const shown = operator === 'contains' && value !== '' ? value : nameOf(value, dimension);
          const verb = OPERATORS.find(({ id }) => id === operator)?.name;
          return (
            <li key={`${dimension} ${operator} ${value}`}>
              <button
                type="button"
                class="chip"
                onClick={() =>
                  onChange({ where: toggleValue(where, { dimension, operator }, value) })
                }
              >
                <span class="hidden">Remove filter: </span>
                {name} {verb} <bdi>{shown}</bdi> <span aria-hidden="true">×</span>
              </button>
            </li>
          );
        }),
      )}
      <li>
        <button type="button" class="chip" onClick={() => onChange({ where: [] })}>
          Remove all filters
        </button>
      </li>
    </ul>
  );
}
