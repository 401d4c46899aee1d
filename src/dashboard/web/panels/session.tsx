/** The events of one session in their order. */
import { useEffect, useState } from 'preact/hooks';
import type { Definition, SessionView } from '../../view.ts';
import type { FilterChange } from '../address.ts';
import { askSession } from '../api.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatClock, formatCount, formatInstant } from '../format.ts';
import { Panel } from '../panel.tsx';

export function SessionEvents(props: {
  id: string;
  definitions: Definition[];
  onChange: (change: FilterChange) => void;
}) {
  const { id, definitions, onChange } = props;
  const [answer, setAnswer] = useState<SessionView | Error>();
  useEffect(() => {
    const control = new AbortController();
    askSession(id, control.signal).then(setAnswer, (error: Error) => {
      if (!control.signal.aborted) {
        setAnswer(error);
      }
    });
    return () => control.abort();
  }, [id]);
  const session = answer instanceof Error || answer?.id !== id ? undefined : answer;
  const events = session?.events ?? [];
  return (
    <Panel
      title="Events of the session"
      id="session"
      wide
      definitions={definitions}
      meaning={{
        text: 'The events of one session in order, at most 500, from Silver.',
        columns: ['silver_events.event_timestamp', 'silver_events.event_type'],
      }}
      table={() => ({
        columns: [
          'event_timestamp',
          'event_type',
          'page',
          'product_id',
          'order_id',
          'price',
          'quantity',
        ],
        rows: events.map((each) => [
          ...[each.at, each.type, each.page, each.product, each.order],
          ...[each.price, each.quantity],
        ]),
      })}
      actions={
        <button type="button" onClick={() => onChange({ session: undefined })}>
          Close
        </button>
      }
    >
      {answer instanceof Error && <p role="alert">{answer.message}</p>}
      {session !== undefined && (
        <p>
          <bdi>{session.id}</bdi> of visitor <bdi>{session.visitorId}</bdi>:{' '}
          {formatCount(session.eventCount)} events from {formatInstant(session.startedAt)}, channel{' '}
          {session.channel}.
          {session.events === null &&
            ' Its events lie in too many files of a remote lake to be fetched here: clicklake query shows them.'}
        </p>
      )}
      {events.length > 0 && (
        <BarTable
          caption="Events of the session"
          texts={['Time', 'Page', 'Product', 'Order']}
          columns={['Event', 'Time', 'Page', 'Product', 'Order', 'Price', 'Pieces']}
          bars={events.map((each, index) => ({
            id: String(index),
            name: each.type,
            value: 0,
            cells: [
              formatClock(each.at),
              ...[each.page, each.product, each.order, each.price].map((text) => text ?? ''),
              each.quantity === null ? '' : formatCount(each.quantity),
            ],
          }))}
        />
      )}
    </Panel>
  );
}
