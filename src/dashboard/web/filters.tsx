/** The period, device and country at the top of the page. */
import { addDays } from '../days.ts';
import type { Choice, Options, Period } from '../view.ts';
import type { FilterChange } from './address.ts';
import { nameOf } from './format.ts';

const PRESETS = [7, 30, 90];

export function FilterBar(props: {
  options: Options & { days: Period };
  choice: Choice;
  onChange: (change: FilterChange) => void;
}) {
  const { options, choice, onChange } = props;
  const { days } = options;
  const setDay = (name: 'from' | 'to') => (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement;
    if (value !== '') onChange({ from: choice.from, to: choice.to, [name]: value });
  };
  const isPeriod = (period: Period): boolean =>
    period.from === choice.from && period.to === choice.to;
  const presets = [
    ...PRESETS.map((count) => ({
      label: `${count} days`,
      period: { from: addDays(days.to, 1 - count), to: days.to },
    })),
    { label: 'All', period: days },
  ];
  return (
    <search class="filters" aria-label="Filters">
      <fieldset class="presets">
        <legend class="hidden">Period</legend>
        {presets.map(({ label, period }) => (
          <button
            key={label}
            type="button"
            aria-pressed={isPeriod(period)}
            onClick={() => onChange(period)}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <label>
        From
        <input type="date" value={choice.from} max={choice.to} onChange={setDay('from')} />
      </label>
      <label>
        To
        <input type="date" value={choice.to} min={choice.from} onChange={setDay('to')} />
      </label>
      <Select
        label="Device"
        names={options.devices}
        chosen={choice.device}
        onChange={(device) => onChange({ device })}
      />
      <Select
        label="Country"
        names={options.countries}
        chosen={choice.country}
        onChange={(country) => onChange({ country })}
      />
    </search>
  );
}

const ALL = 'all';

function Select(props: {
  label: string;
  names: string[];
  chosen: string | undefined;
  onChange: (name: string | undefined) => void;
}) {
  const { label, names, chosen, onChange } = props;
  // A view that somebody has shared may name what this lake does not hold.
  const listed = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  return (
    <label>
      {label}
      <select
        value={chosen === undefined ? ALL : `=${chosen}`}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onChange(value === ALL ? undefined : value.slice(1));
        }}
      >
        <option value={ALL}>All</option>
        {listed.map((name) => (
          <option key={name} value={`=${name}`}>
            {nameOf(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
