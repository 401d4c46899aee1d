/** Days that can be typed: one is taken on Enter, or when its field is left. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { FIRST_DAY, isDay, LAST_DAY } from '../days.ts';
import type { Period } from '../view.ts';

function DayField(props: { label: string; value: string; onChange: (day: string) => void }) {
  const { label, value, onChange } = props;
  const input = useRef<HTMLInputElement>(null);
  const isTyping = useRef(false);
  const [isRefused, setRefused] = useState(false);

  const show = (): void => {
    isTyping.current = false;
    setRefused(false);
    if (input.current !== null) {
      input.current.value = value;
    }
  };
  const take = (): void => {
    const typed = input.current?.value ?? '';
    isTyping.current = false;
    setRefused(!isDay(typed));
    if (isDay(typed) && typed !== value) {
      onChange(typed);
    }
  };
  // Not as a property of the field: what is being typed stays when the page is drawn again.
  useLayoutEffect(show, [value]);

  return (
    <div class="day">
      <label>
        {label}
        <input
          ref={input}
          type="date"
          min={FIRST_DAY}
          max={LAST_DAY}
          aria-invalid={isRefused}
          onKeyDown={({ key }) => {
            isTyping.current = true;
            if (key === 'Enter') {
              take();
            }
            if (key === 'Escape') {
              show();
            }
          }}
          onBlur={take}
          // A browser calls each key a change; a day chosen from its calendar comes without keys.
          onChange={() => {
            if (!isTyping.current) {
              take();
            }
          }}
        />
      </label>
      {isRefused && (
        <p class="refusal" role="alert">
          from {FIRST_DAY} to {LAST_DAY}
        </p>
      )}
    </div>
  );
}

/** The first and the last day of a period; the other end gives way. */
export function DayFields(props: {
  labels: { from: string; to: string };
  from: string;
  to: string;
  onChange: (period: Period) => void;
}) {
  const { labels, from, to, onChange } = props;
  return (
    <>
      <DayField
        label={labels.from}
        value={from}
        onChange={(day) => onChange({ from: day, to: day > to ? day : to })}
      />
      <DayField
        label={labels.to}
        value={to}
        onChange={(day) => onChange({ from: day < from ? day : from, to: day })}
      />
    </>
  );
}
