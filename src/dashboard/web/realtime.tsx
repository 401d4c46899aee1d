/** Who is there now, or how long nobody was. */
import type { Options } from '../view.ts';
import { formatCount, formatInstant } from './format.ts';

export function Realtime({ options: { realtime, lastEventAt } }: { options: Options }) {
  if (lastEventAt === null) {
    return null;
  }
  return (
    <p class="realtime">
      {realtime === null
        ? `Newest event: ${ageOf(lastEventAt)} (${formatInstant(lastEventAt)})`
        : `Visitors: ${formatCount(realtime.of5Minutes)} in the last 5 minutes, ${formatCount(realtime.of30Minutes)} in the last 30`}
    </p>
  );
}

const AGES = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
] as const;
const relative = new Intl.RelativeTimeFormat('en');

function ageOf(instant: string): string {
  const age = Date.now() - Date.parse(instant);
  const { name, ms } = AGES.find((each) => Math.abs(age) >= each.ms) ?? AGES[2];
  return relative.format(-Math.round(age / ms), name);
}
