/** What the period is compared with. */
import { COMPARISONS, type Period } from '../view.ts';
import type { FilterChange, Filters } from './address.ts';
import { DayFields } from './day-field.tsx';

const NAMES: Readonly<Record<(typeof COMPARISONS)[number], string>> = {
  previous: 'the period before',
  year: 'a year before',
  custom: 'other days',
  none: 'nothing',
};

export function ComparisonFields(props: {
  filters: Filters;
  previous: Period | null;
  onChange: (change: FilterChange) => void;
}) {
  const { filters, previous, onChange } = props;
  const { compare = 'previous', compare_from: from = '', compare_to: to = '' } = filters;
  const choose = (kind: string): void =>
    onChange({
      compare: kind === 'previous' ? undefined : kind,
      // Other days begin as those that are compared with now.
      compare_from: kind === 'custom' ? previous?.from : undefined,
      compare_to: kind === 'custom' ? previous?.to : undefined,
    });
  return (
    <>
      <label>
        Compared with
        <select value={compare} onChange={({ currentTarget }) => choose(currentTarget.value)}>
          {COMPARISONS.filter((kind) => kind !== 'custom' || previous !== null).map((kind) => (
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
          onChange={(chosen) => onChange({ compare_from: chosen.from, compare_to: chosen.to })}
        />
      )}
    </>
  );
}
