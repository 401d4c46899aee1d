/** A day that can be typed: it is taken on Enter, or when the field is left. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { FIRST_DAY, isDay, LAST_DAY } from '../days.ts';

export function DayField(props: { label: string; value: string; onChange: (day: string) => void }) {
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
