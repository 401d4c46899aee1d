/** What the period is compared with. */
import { countDays } from '../days.ts';
import { COMPARISONS, type Period } from '../view.ts';
import type { FilterChange, Filters } from './address.ts';
import { changeOfComparison } from './compared-days.ts';
import { DayFields } from './day-field.tsx';
import { formatCountOf } from './format.ts';

const NAMES: Readonly<Record<(typeof COMPARISONS)[number], string>> = {
  previous: 'the period before',
  year: 'a year before',
  custom: 'other days',
  none: 'nothing',
};

export function ComparisonFields(props: {
  filters: Filters;
  chosen: Period;
  previous: Period | null;
  onChange: (change: FilterChange) => void;
}) {
  const { filters, chosen, previous, onChange } = props;
  const { compare = 'previous', compare_from: from = '', compare_to: to = '' } = filters;
  return (
    <>
      <label>
        Compared with
        <select
          value={compare}
          onChange={({ currentTarget }) => {
            const kind = COMPARISONS.find((each) => each === currentTarget.value) ?? 'previous';
            onChange(changeOfComparison(kind, chosen, previous));
          }}
        >
          {COMPARISONS.map((kind) => (
            <option key={kind} value={kind}>
              {NAMES[kind]}
            </option>
          ))}
        </select>
      </label>
      {compare === 'custom' && (
        <DayFields
          labels={{ from: 'Compared from', to: 'Compared to' }}
          {...{ from, to }}
          onChange={(days) => onChange({ compare_from: days.from, compare_to: days.to })}
        />
      )}
      {compare === 'custom' && previous !== null && lengthOf(previous) !== lengthOf(chosen) && (
        <p class="note" role="status">
          {lengthOf(chosen)} compared with {lengthOf(previous)}
        </p>
      )}
    </>
  );
}

function lengthOf(days: Period): string {
  return formatCountOf(countDays(days), 'day');
}
