/** The period, device and country at the top of the page. */
import { addDays } from '../days.ts';
import type { Options, Period } from '../view.ts';
import type { FilterChange, Filters } from './address.ts';
import { DayField } from './day-field.tsx';
import { nameOf } from './format.ts';

const PRESETS = [7, 30, 90];

export function FilterBar(props: {
  options: Options;
  lakeDays: Period;
  choice: Filters & Period;
  onChange: (change: FilterChange) => void;
}) {
  const { options, lakeDays, choice, onChange } = props;
  const { from, to } = choice;
  const presets = [
    ...PRESETS.map((count) => ({
      label: `${count} days`,
      period: { from: addDays(lakeDays.to, 1 - count), to: lakeDays.to },
    })).filter(({ period }) => !isSame(period, lakeDays)),
    { label: 'All', period: lakeDays },
  ];
  return (
    <search class="filters" aria-label="Filters">
      <fieldset class="presets">
        <legend class="hidden">Period</legend>
        {presets.map(({ label, period }) => (
          <button
            key={label}
            type="button"
            aria-pressed={isSame(period, choice)}
            onClick={() => onChange(period)}
          >
            {label}
          </button>
        ))}
      </fieldset>
      {/* The other end of the period gives way. */}
      <DayField
        label="From"
        value={from}
        onChange={(day) => onChange({ from: day, to: day > to ? day : to })}
      />
      <DayField
        label="To"
        value={to}
        onChange={(day) => onChange({ from: day < from ? day : from, to: day })}
      />
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

function isSame(one: Period, other: Period): boolean {
  return one.from === other.from && one.to === other.to;
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
