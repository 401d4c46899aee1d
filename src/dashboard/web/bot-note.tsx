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
        Bots on these days, by their user agents: sessions {formatCount(sessions)}, events{' '}
        {formatCount(events)}.{' '}
        {isLeftOut
          ? 'No other number of sessions or events counts them.'
          : 'All numbers count them.'}
      </p>
    </section>
  );
}
