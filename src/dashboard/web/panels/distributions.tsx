/** Sessions by their length, and by their number of events. */
import type { Bucket, Definition } from '../../view.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatCount, formatRate, formatSeconds, rate } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Durations({ part, definitions }: PanelProps<'durations'>) {
  return (
    <Distribution
      title="Length of sessions"
      id="durations"
      column="Length"
      buckets={part.buckets}
      definitions={definitions}
      label={(from, to) => lengthLabel(from, to)}
      meaning={{
        text: `From the first to the last event. A session of one event has no length. Half of the sessions are shorter than ${formatSeconds(part.medianSeconds)}.`,
        columns: ['gold_sessions.duration_seconds'],
      }}
      note={`median ${formatSeconds(part.medianSeconds)}`}
    />
  );
}

export function Depths({ part, definitions }: PanelProps<'depths'>) {
  return (
    <Distribution
      title="Events in a session"
      id="depths"
      column="Events"
      buckets={part}
      definitions={definitions}
      label={(from, to) =>
        to === undefined ? `${from} and more` : to - from === 1 ? `${from}` : `${from} to ${to - 1}`
      }
      meaning={{
        text: 'Sessions by their number of events. Sessions with one event are bounces.',
        columns: ['gold_sessions.event_count', 'gold_sessions.is_bounce'],
      }}
    />
  );
}

function Distribution(props: {
  title: string;
  id: string;
  column: string;
  buckets: Bucket[];
  definitions: Definition[];
  label: (from: number, to: number | undefined) => string;
  meaning: { text: string; columns: string[] };
  note?: string;
}) {
  const { title, id, column, buckets, definitions, label, meaning, note } = props;
  const all = buckets.reduce((sum, { sessions }) => sum + sessions, 0);
  return (
    <Panel
      title={title}
      id={id}
      definitions={definitions}
      meaning={meaning}
      table={() => ({
        columns: ['from', 'sessions'],
        rows: buckets.map(({ from, sessions }) => [from, sessions]),
      })}
      actions={note === undefined ? undefined : <span class="note">{note}</span>}
    >
      <BarTable
        caption={title}
        columns={[column, 'Sessions', 'Share']}
        bars={buckets.map(({ from, sessions }, index) => ({
          name: label(from, buckets[index + 1]?.from),
          value: sessions,
          cells: [formatCount(sessions), formatRate(rate(sessions, all))],
        }))}
      />
    </Panel>
  );
}

/** `under 10 s`, `1 to 3 min`, `30 min and more`. */
function lengthLabel(from: number, to: number | undefined): string {
  const isMinutes = from >= 60;
  const size = isMinutes ? 60 : 1;
  const unit = isMinutes ? 'min' : 's';
  if (to === undefined) {
    return `${from / size} ${unit} and more`;
  }
  return from === 0 ? `under ${to} s` : `${from / size} to ${to / size} ${unit}`;
}
