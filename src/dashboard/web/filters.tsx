/** The period, what it is compared with, and filters, as far as what the page shows has them. */
import { addDays } from '../days.ts';
import { DIMENSIONS, type DimensionId } from '../dimensions.ts';
import { nameOf } from '../names.ts';
import type { Period } from '../view.ts';
import { type FilterChange, type Filters, valuesOf, withValues } from './address.ts';
import { ComparisonFields } from './comparison.tsx';
import { DayFields } from './day-field.tsx';
import { FilterForm, FiltersInUse } from './filter-form.tsx';
import { SavedViews } from './saved-views.tsx';

const PRESETS = [7, 30, 90];

export function FilterBar(props: {
  /** The days there are and those chosen; absent: nothing has a day. */
  period: { days: Period; chosen: Period } | undefined;
  /** What can be chosen of each dimension; absent: the page has no such filter. */
  names: Partial<Record<DimensionId, string[]>>;
  filters: Filters;
  /** The days that are compared, on pages of the lake; absent: an own table, which has fewer filters. */
  previous?: Period | null;
  onChange: (change: FilterChange) => void;
}) {
  const { period, names, filters, previous, onChange } = props;
  const dimensions = DIMENSIONS.filter(({ id }) => names[id] !== undefined);
  return (
    <search aria-label="Filters">
      <div class="filters">
        {period !== undefined && <PeriodFields {...period} onChange={onChange} />}
        {dimensions
          .filter(({ id }) => id === 'device' || id === 'country')
          .map(({ id, name }) => (
            <Select
              key={id}
              dimension={id}
              label={name}
              names={names[id] ?? []}
              chosen={valuesOf(filters.where, id, 'is')}
              onChange={(values) =>
                onChange({
                  where: withValues(filters.where, { dimension: id, operator: 'is', values }),
                })
              }
            />
          ))}
        {period !== undefined && previous !== undefined && (
          <ComparisonFields {...{ filters, previous, onChange }} chosen={period.chosen} />
        )}
      </div>
      {previous !== undefined && (
        <div class="more">
          <FilterForm {...{ dimensions, names, filters, onChange }} />
          <SavedViews />
        </div>
      )}
      <FiltersInUse filters={filters} onChange={onChange} />
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
      <DayFields labels={{ from: 'From', to: 'To' }} {...{ from, to, onChange }} />
    </>
  );
}

function isSame(one: Period, other: Period): boolean {
  return one.from === other.from && one.to === other.to;
}

const ALL = 'all';
const SEVERAL = 'several';

function Select(props: {
  dimension: string;
  label: string;
  names: string[];
  chosen: string[];
  onChange: (names: string[]) => void;
}) {
  const { dimension, label, names, chosen, onChange } = props;
  // A view that somebody has shared may name what this lake does not hold.
  const listed = [...new Set([...names, ...chosen])];
  const [one] = chosen;
  return (
    <label>
      {label}
      <select
        value={one === undefined ? ALL : chosen.length > 1 ? SEVERAL : `=${one}`}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onChange(value === ALL ? [] : [value.slice(1)]);
        }}
      >
        <option value={ALL}>All</option>
        {chosen.length > 1 && (
          <option value={SEVERAL} disabled>
            {chosen.length} chosen
          </option>
        )}
        {listed.map((name) => (
          <option key={name} value={`=${name}`}>
            {nameOf(name, dimension)}
          </option>
        ))}
      </select>
    </label>
  );
}
