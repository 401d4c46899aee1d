import { HeatMap } from '../charts/heat-map.tsx';
import { formatShort } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

export function Hours({ part, definitions }: PanelProps<'hours'>) {
  const counts = new Map(part.map((each) => [each.weekday * 24 + each.hour, each.sessions]));
  return (
    <Panel
      title="Hours of the week"
      id="hours"
      wide
      definitions={definitions}
      meaning={{
        text: 'Sessions by the weekday and hour in which they began, in the time zone of the shop, added up over the period.',
        columns: ['gold_sessions.session_date', 'gold_sessions.start_hour'],
      }}
      table={() => ({
        columns: ['weekday', 'hour', 'sessions'],
        rows: part.map((each) => [WEEKDAYS[each.weekday] ?? '', each.hour, each.sessions]),
      })}
    >
      <HeatMap
        caption="Sessions by weekday and hour"
        rows={WEEKDAYS}
        labelWidth={40}
        minWidth={720}
        columns={HOURS}
        value={(row, column) => counts.get(row * 24 + column) ?? 0}
        text={(row, column) => {
          const count = counts.get(row * 24 + column) ?? 0;
          return count === 0 ? '' : formatShort(count);
        }}
        title={(row, column) =>
          `${WEEKDAYS[row]} ${HOURS[column]}:00, ${counts.get(row * 24 + column) ?? 0}`
        }
      />
    </Panel>
  );
}
