/** Adds filters of any dimension, and lists those in use. */
import { useState } from 'preact/hooks';
import { DIMENSIONS, type Dimension, type DimensionId, OPERATORS } from '../dimensions.ts';
import { type FilterChange, type Filters, toggleValue, valuesOf } from './address.ts';
import { nameOf } from './format.ts';

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
    if (text !== '' && !valuesOf(filters.where, dimension.id, chosen.id).includes(text)) {
      onChange({ where: toggleValue(filters.where, target, text) });
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
            <option key={name} value={name} />
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
                {name} {verb} <bdi>{nameOf(value, dimension)}</bdi>{' '}
                <span aria-hidden="true">×</span>
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
