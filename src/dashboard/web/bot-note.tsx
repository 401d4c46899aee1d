/** How many sessions and events of bots the chosen days have, said where the other numbers stand. */
import type { Bots } from '../view.ts';
import { formatCount } from './format.ts';

export function BotNote({ bots: { sessions, events, isLeftOut } }: { bots: Bots }) {
  if (sessions === 0 && events === 0) {
    return null;
  }
  return (
    <section class="notice notes" aria-label="Bots">
      <p>
        Bots on these days: {formatCount(sessions)} sessions and {formatCount(events)} events, by
        their user agents. {isLeftOut ? 'No other number counts them.' : 'All numbers count them.'}
      </p>
    </section>
  );
}
