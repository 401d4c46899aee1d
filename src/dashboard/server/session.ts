/** One session and its events, as the page shows them. */
import { ClicklakeError } from '../../errors.ts';
import type { Lake } from '../../lake/open-lake.ts';
import type { QueryRow } from '../../pipeline/reports.ts';
import type { SessionEvent, SessionView } from '../view.ts';
import { checkText } from './choice.ts';

const MAX_EVENTS = 500;
/** Of Silver, of a remote lake. */
const MAX_FETCHED_BYTES = 256_000_000;
const MAX_ID_LENGTH = 4000;

/** Throws `usage` for what is no id. */
export function readSessionId(query: URLSearchParams): string {
  const id = query.get('id') ?? '';
  checkText('id', id, MAX_ID_LENGTH);
  return id;
}

/** Throws `usage` where there is no such session. */
export async function readSession(
  lake: Pick<Lake, 'sessionEvents'>,
  asked: { id: string; isRemote: boolean },
): Promise<SessionView> {
  const { id, isRemote } = asked;
  const limit = isRemote ? { maxFileBytes: MAX_FETCHED_BYTES } : {};
  const found = await lake.sessionEvents(id, { maxEvents: MAX_EVENTS, ...limit });
  if (found === undefined) {
    throw new ClicklakeError('usage', `session: there is no session ${JSON.stringify(id)}`, {
      hint: 'a late event may have joined it with another one: look for it in the list of sessions',
    });
  }
  const { session, events } = found;
  return {
    id,
    startedAt: String(session.started_at),
    endedAt: String(session.ended_at),
    visitorId: String(session.visitor_id),
    channel: String(session.channel),
    eventCount: Number(session.event_count),
    events: events?.map(toEvent) ?? null,
  };
}

function toEvent(row: QueryRow): SessionEvent {
  return {
    at: String(row.event_timestamp),
    type: String(row.event_type),
    page: textOrNull(row.page_url),
    product: textOrNull(row.product_id),
    order: textOrNull(row.order_id),
    price: textOrNull(row.price),
    quantity: row.quantity === null ? null : Number(row.quantity),
  };
}

function textOrNull(value: unknown): string | null {
  return value == null ? null : String(value);
}
