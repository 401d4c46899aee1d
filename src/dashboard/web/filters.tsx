/** The period, device and country at the top of the page, as far as what it shows has them. */
import { addDays } from '../days.ts';
import type { Period } from '../view.ts';
import type { FilterChange, Filters } from './address.ts';
import { DayField } from './day-field.tsx';
import { nameOf } from './format.ts';

const PRESETS = [7, 30, 90];

export function FilterBar(props: {
  /** The days there are and those chosen; absent: nothing has a day. */
  period: { days: Period; chosen: Period } | undefined;
  devices: string[] | undefined;
  countries: string[] | undefined;
  filters: Filters;
  onChange: (change: FilterChange) => void;
}) {
  const { period, devices, countries, filters, onChange } = props;
  return (
    <search class="filters" aria-label="Filters">
      {period !== undefined && <PeriodFields {...period} onChange={onChange} />}
      {devices !== undefined && (
        <Select
          label="Device"
          names={devices}
          chosen={filters.device}
          onChange={(device) => onChange({ device })}
        />
      )}
      {countries !== undefined && (
        <Select
          label="Country"
          names={countries}
          chosen={filters.country}
          onChange={(country) => onChange({ country })}
        />
      )}
    </search>
  );
}

function PeriodFields(props: {
  days: Period;
  chosen: Period;
  onChange: (change: FilterChange) => void;
}) {
  const { days, chosen, onChange } = props;
  const { from, to } = chosen;
  const presets = [
    ...PRESETS.map((count) => ({
      label: `${count} days`,
      period: { from: addDays(days.to, 1 - count), to: days.to },
    })).filter(({ period }) => !isSame(period, days)),
    { label: 'All', period: days },
  ];
  return (
    <>
      <fieldset class="presets">
        <legend class="hidden">Period</legend>
        {presets.map(({ label, period }) => (
          <button
            key={label}
            type="button"
            aria-pressed={isSame(period, chosen)}
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
    </>
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
